"""What the command line may use of support."""

from borvo.support.service import add_role, create_tenancy, remove_role

__all__ = ["add_role", "create_tenancy", "remove_role"]
