"""Where the square lies in a photo: crops and what finds them."""
