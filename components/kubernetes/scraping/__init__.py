"""Scrape jobs: which targets Prometheus reads, how often, and the labels every series gets from them.

Every series carries `service`, `team`, `job` (mostly the same as `service`) and `instance`; whatever discovery knows
besides is dropped, so that rules can rely on a closed set of labels.
"""
