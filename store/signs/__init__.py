"""Signs of manipulation: which days are looked through, on what data, and what becomes of what is found."""
