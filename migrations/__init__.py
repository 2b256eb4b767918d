"""How the store's schema came to be, one revision a file. store/schema.py names the newest."""
