"""How a slider is made, kept, taught, discovered and measured."""
