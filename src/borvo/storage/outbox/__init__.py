"""What is to leave the instance: written in the transaction of the deed that causes it, delivered afterwards."""
