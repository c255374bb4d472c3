"""Gives an ECS service more tasks while its load alarm is firing."""
