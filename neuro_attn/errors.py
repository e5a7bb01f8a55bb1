"""The one error that a user can cause and mend."""


class InputError(ValueError):
    """Something a user gave cannot be used.

    Parameters
    ----------
    where : str
        File, config key, table or column, as precisely as known.
    problem : str
        What is wrong and what was given.
    remedy : str, optional
        What is allowed, or what to do about it.
    """

    def __init__(self, where: str, problem: str, remedy: str = ""):
        self.where = where
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{where}: {problem}" + (f" {remedy}" if remedy else ""))
