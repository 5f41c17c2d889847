"""Take the bodies out of functions, and take an agent's bodies back with what they need: the only way in."""
