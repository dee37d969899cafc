"""SageMaker's serverless customization jobs."""
