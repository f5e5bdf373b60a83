-- An anonymous function.
DO {{literal .}};
