from tests.study.small import write_study

__all__ = ["write_study"]
