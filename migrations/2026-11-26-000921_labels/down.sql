DROP TABLE labeled_places;
