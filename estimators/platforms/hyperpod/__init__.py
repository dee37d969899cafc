"""Training on a SageMaker HyperPod cluster."""
