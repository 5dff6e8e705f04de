"""`mkbackend doctor`: whether a project can be worked with here, asked without changing anything."""
