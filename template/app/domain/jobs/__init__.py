"""Jobs by what they are about; app/jobs/ does them."""
