"""Each scene measures a few figures; all of them take how thorough to be and a folder for their files."""
