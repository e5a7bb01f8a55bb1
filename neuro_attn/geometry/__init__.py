"""How codes lie in the space of units: coding axes of tasks, subspaces of colours, abstraction."""
