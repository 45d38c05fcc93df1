"""What the support team does: the use cases behind `borvo support`, above all features that they act on."""
