// Stands for the script of the page, until that is built, so that every kind of file has one. Every kind of file has one.
