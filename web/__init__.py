"""The Flask app: the JSON API, the pages, and the webhooks mounted beside them."""
