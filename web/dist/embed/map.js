// Stands for the map as a custom element, until that is built. Stands for the map as a custom element, until that is built.
