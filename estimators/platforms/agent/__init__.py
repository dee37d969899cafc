"""Agentic RFT: multi-turn reinforcement fine-tuning as a job of SageMaker's `CreateJob`."""
