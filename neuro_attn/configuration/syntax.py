"""Error messages that explain how to correct invalid YAML."""

import re
from dataclasses import dataclass

import yaml


@dataclass(frozen=True)
class Fault:
    """Why a text cannot be read.

    Parameters
    ----------
    line : int or None
        The line, from 1.
    problem, remedy : str
        The problem and how to correct it.
    key : str
        The key above it, if known.
    """

    line: int | None
    problem: str
    remedy: str
    key: str = ""


class Refused(yaml.MarkedYAMLError):
    """An error for a construct that YAML allows and a configuration does not."""

    def __init__(self, problem: str, remedy: str, mark: yaml.Mark, key: str = ""):
        super().__init__(problem=problem, problem_mark=mark)
        self.remedy, self.key = remedy, key


_ONE_VALUE = "If a value begins with a quote, it must end there. Quote all of it"
_INDENT = "Give all keys of one level the same number of spaces."


def fault(error: Exception, content: str) -> Fault:
    """Return the fault that explains an error of the YAML parser."""
    if isinstance(error, yaml.reader.ReaderError):
        line = content[: error.position].count("\n") + 1
        character = ord(error.character) if isinstance(error.character, str) else error.character
        return Fault(
            line,
            f"contains the character U+{character:04X}.",
            "Save the file as plain text (UTF-8).",
        )
    if isinstance(error, RecursionError):
        return Fault(None, "is nested too deeply.", "Write the values out.")
    if not isinstance(error, yaml.MarkedYAMLError):
        # `_Loader.construct_object` reads values, so only invalid escapes remain.
        problem = "a backslash in double quotes begins a character that does not exist."
        return Fault(None, problem, "Write / instead, or use single quotes.")
    here, start = _line(error.problem_mark), _line(error.context_mark)
    if isinstance(error, Refused):
        return Fault(here, error.problem or "", error.remedy, error.key)
    said = (error.problem or "").replace("tag:yaml.org,2002:", "")
    context = error.context or ""
    lines = ["", *map(str.strip, content.splitlines()), ""]
    return _of_parser(context, said, here=here, start=start, lines=lines)


def _of_parser(
    context: str, said: str, *, here: int | None, start: int | None, lines: list[str]
) -> Fault:
    """Return the fault that explains what the parser reports at line `here`.

    Parameters
    ----------
    context, said : str
        What the parser was reading, and what it reports.
    here, start : int or None
        The line of the problem, and the line on which the context begins.
    lines : list of str
        The lines of the file, from 1.
    """
    text, opening = lines[here or 0], _short(lines[start or 0])
    given = f" (given: {_short(text)})" if text else ""

    def at(line: int | None, problem: str, remedy: str) -> Fault:
        return Fault(line, f"{problem}{given if line == here else ''}.", remedy)

    match context, said:
        case _, s if "'\\t' that cannot start" in s:
            return Fault(here, "is indented with a tab.", "Replace each tab by two spaces.")
        case _, s if found := re.search(r"character '(.)' that cannot start", s):
            return at(here, f"a value begins with {found[1]}", f"Quote it: {_quoted(text)}.")
        case c, s if "alias" in s or "scanning an a" in c:
            return at(here, "a value begins with * or &", f"Quote it: {_quoted(text)}.")
        case _, "mapping values are not allowed here":
            if len(re.findall(r":(?: |$)", text)) > 1:
                problem = "a value contains a colon and a space"
                return at(here, problem, f"Quote it: {_quoted(text)}.")
            return at(here, "the key is below a key that already has a value", _INDENT)
        case c, s if "parsing a flow" in c:
            return _in_brackets(c, s, start, opening)
        case c, _ if "quoted scalar" in c and ("escape" in said or "hexadecimal" in said):
            problem = "a backslash in double quotes begins a special character"
            return at(here, problem, "Write / instead, or use single quotes.")
        case c, _ if "quoted scalar" in c:
            return Fault(start, f"a quote is not closed (given: {opening}).", "Close it.")
        case _, s if "but found '<scalar>'" in s:
            return at(here, "text follows a value in quotes", f"{_ONE_VALUE}: {_quoted(text)}.")
        case c, s if "expected <block end>" in s:
            if re.search(r"found '(-|[\]},])'", s):
                return at(here, "a bracket, comma or dash is misplaced", "Remove it.")
            return at(here, "is indented unlike the lines above", _INDENT)
        case c, _ if "simple key" in c:
            problem = f"is not of the form KEY: VALUE (given: {opening})."
            return Fault(start, problem, "Write a colon and a space after the key.")
        case _, "sequence entries are not allowed here":
            problem = "a list begins on the line of its key"
            return at(here, problem, "Begin it on the next line, or write [A, B].")
        case _, s if found := re.search(
            r"constructor for the tag '(?:tag:yaml\.org,2002:)?(.*)'", s
        ):
            remedy = "Use plain values only; quote text that begins with !."
            return at(here, f"the tag {found[1]!r} is not allowed", remedy)
        case c, _ if "single document" in c:
            return at(here, "a second document begins", "Remove the line ---.")
    return at(here, f"is not YAML: {said[:200]}", "Indent with spaces; quote text with : or #.")


def _in_brackets(context: str, said: str, start: int | None, opening: str) -> Fault:
    """Return the fault in brackets that open on line `start`, whose text is `opening`."""
    kinds = {"[": "sequence", "{": "mapping"}
    named = [bracket for bracket, kind in kinds.items() if kind in context]
    bracket = named[0] if named else max("[{", key=opening.rfind)
    closing = {"[": "]", "{": "}"}[bracket]
    found = re.search(r"(?:got|found) '(.*)'", said)
    got = found[1] if found else ""
    if got in ("[", "{") and bracket == "{":
        example = 'Quote the text that contains it: {left: "x in [1, 2]"}.'
        return Fault(start, f"text in braces contains a {got} (given: {opening}).", example)
    if got in ("]", "}"):
        problem = f"{bracket} is closed by {got} (given: {opening})."
        return Fault(start, problem, f"Close it by {closing}.")
    if got == ",":
        return Fault(start, f"a value is missing (given: {opening}).", "Remove the comma.")
    return Fault(start, f"{bracket} is not closed (given: {opening}).", f"Close it by {closing}.")


def _line(mark: yaml.Mark | None) -> int | None:
    return None if mark is None else mark.line + 1


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."


def _quoted(line: str) -> str:
    """Return a line with its value in quotes."""
    key, colon, value = line.partition(": ")
    value = re.split(r"\s+#", value if colon else line)[0].strip()
    quote = "'" if '"' in value and "'" not in value else '"'
    inner = value.replace('"', "'") if quote == '"' else value
    return _short(f"{key}: {quote}{inner}{quote}" if colon else f"{quote}{inner}{quote}")
