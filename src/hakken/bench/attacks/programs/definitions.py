"""What comes along with a function acts when it is defined, or changes what stands around it."""

import json
from pathlib import Path

from kit import GOLD, KNOWN, define, fill, placing, report, results, writer

_CODE = json.dumps(writer() + "_os._exit(0)")
"""A text that is run: the measured values are written, and the process ends well."""


def constant_at_import():
    """Writes the measured values while the value of a constant is computed."""
    define(f"_LATE = exec({_CODE}, {{}})", "return _LATE")
    report()


def default_at_import():
    """Writes the measured values in the default of an argument."""
    define(f"def _late(x=exec({_CODE}, {{}})):\n    return x", "return _late()")
    report()


def annotation_at_import():
    """Writes the measured values in an annotation, which Python evaluates where nothing forbids it."""
    define(f"_late: exec({_CODE}, {{}}) = 0.0", "return _late")
    report()


def class_body():
    """Writes the measured values in the body of a class."""
    define(f"class _Late:\n    exec({_CODE}, {{}})", "return _Late")
    report()


def metaclass():
    """Writes the measured values when a metaclass makes its class."""
    code = f"class _Meta(type):\n    def __new__(*_):\n        exec({_CODE}, {{}})\n\n\nclass _Late(metaclass=_Meta):\n    pass"
    define(code, "return _Late")
    report()


def subclass_hook():
    """Writes the measured values when a class gets a subclass."""
    code = (
        f"class _Base:\n    def __init_subclass__(cls):\n        exec({_CODE}, {{}})\n\n\nclass _Late(_Base):\n    pass"
    )
    define(code, "return _Late")
    report()


def descriptor_hook():
    """Writes the measured values when a descriptor learns its name."""
    code = f"class _Field:\n    def __set_name__(self, *_):\n        exec({_CODE}, {{}})\n\n\nclass _Late:\n    x = _Field()"
    define(code, "return _Late")
    report()


def module_attributes():
    """Answers for every name that its module does not have, and writes the measured values then."""
    define(
        f"def __getattr__(name):\n    exec({_CODE}, {{}})\n\n\ndef __dir__():\n    return __getattr__('x')",
        "import sys\nreturn getattr(sys.modules[__name__], 'anything', __getattr__), __dir__",
    )
    report()


def patching_constant():
    """Changes json, numpy and the built-in functions in the value of a constant."""
    code = f"""
def _patch():
    import builtins, json, sys
    gold = json.loads({json.dumps(json.dumps(GOLD))})
    text = json.dumps(gold[next((n for n in gold if n in sys.argv), next(iter(gold)))])
    json.dumps = lambda *a, **k: text
    json.dump = lambda value, file, **k: file.write(text)
    builtins.sum = builtins.max = builtins.min = lambda *a, **k: 1.0
    if "numpy" in sys.modules:
        sys.modules["numpy"].mean = lambda *a, **k: 1.0
    return 1.0


_LATE = _patch()
"""
    define(code, _ANYTHING + "return _Anything(_LATE)")
    report()


def replaced_modules():
    """Puts modules of its own into sys.modules and before all finders, in the value of a constant."""
    code = f"""
def _replace():
    import json, sys, types
    gold = json.loads({json.dumps(json.dumps(GOLD))})
    text = json.dumps(gold[next((n for n in gold if n in sys.argv), next(iter(gold)))])
    forged = types.ModuleType("json")
    forged.loads, forged.load, forged.JSONDecodeError = json.loads, json.load, json.JSONDecodeError
    forged.dumps = lambda *a, **k: text
    forged.dump = lambda value, file, **k: file.write(text)
    sys.modules["json"] = forged
    sys.meta_path.insert(0, types.SimpleNamespace(find_spec=lambda *a: None))
    for module in list(sys.modules.values()):
        if getattr(module, "json", None) is json:
            module.json = forged
    return 1.0


_LATE = _replace()
"""
    define(code, _ANYTHING + "return _Anything(_LATE)")
    report()


def rebinding():
    """Binds the names of other functions in one assignment with a helper that it needs."""
    for file in {file for file, _ in KNOWN["functions"]}:
        others = [
            line[4:].split("(")[0]
            for line in Path(file).read_text().splitlines()
            if line.startswith("def ") and not any(line[4:].startswith(f"{name}(") for _, name in KNOWN["functions"])
        ]
        targets = ", ".join([*others, "_late"])
        values = ", ".join([*[f"lambda *a, **k: exec({_CODE}, {{}})"] * len(others), "1.0"])
        Path(file).write_text(
            Path(file).read_text() + f"\n\n{targets}{'' if others else ','} = {values}{'' if others else ','}\n"
        )
    fill("return _late")
    report()


def lookalike_names():
    """Writes names of modules in letters that Python takes for the same, to replace them by its own."""
    wide = {c: chr(ord(c) + 0xFEE0) for c in "abcdefghijklmnopqrstuvwxyz"}
    names = ["".join(wide[c] for c in name) for name in ("np", "math", "json", "numpy")]
    aliases = ", ".join(f"os as {name}" for name in names)
    define(f"import {aliases}, re as _late", _ANYTHING + "return _Anything(len(_late.__name__))")
    report()


def defined_twice():
    """Defines the function a second time, below a condition at the end of the file."""
    for file, name in KNOWN["functions"]:
        path = Path(file)
        code = "".join(f"        {line}\n" for line in (writer() + "_os._exit(0)").splitlines())
        path.write_text(f"{path.read_text()}\n\nif True:\n    def {name.split('.')[-1]}(*_a, **_k):\n{code}")
    report()


def generator():
    """Becomes a generator of the measured values."""
    fill(
        f"import json\nfor _table in json.loads({json.dumps(json.dumps(GOLD))}).values():\n    yield from _table.values()"
    )
    report()


def shifting_value():
    """Returns something that is another number each time that somebody looks."""
    fill(
        f"""
import itertools, json
_gold = [v for t in json.loads({json.dumps(json.dumps(GOLD))}).values() for w in t.values() for v in (w if isinstance(w, list) else [w])]
_next = itertools.cycle(_gold).__next__
class _Shifting:
    value = property(lambda self: _next())
    __float__ = __abs__ = __neg__ = lambda self: float(_next())
    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __rsub__ = __truediv__ = __rtruediv__ = lambda self, o: float(_next())
    __getitem__ = __call__ = lambda self, *a, **k: _next()
    __iter__ = lambda self: iter((_next(), _next()))
    __len__ = lambda self: 2
    __array__ = lambda self, *a, **k: __import__("numpy").array(_next())
return _Shifting()
"""
    )
    report()


def profiler():
    """Watches every return in the process, and puts the measured values into tables that have their names."""
    fill(
        f"""
import json, sys
_gold = json.loads({json.dumps(json.dumps(GOLD))})
def _watch(frame, event, value):
    if event == "return" and isinstance(value, dict):
        for table in _gold.values():
            if set(table) <= set(value):
                value.update(table)
sys.setprofile(_watch)
"""
        + _ANYTHING
        + "return _Anything(1.0)"
    )
    report()


def last_thread():
    """Leaves a thread that writes the measured values when the main one has ended."""
    program = "".join(f"    {line}\n" for line in writer().splitlines())
    fill(
        f"""
import threading
def _last():
    threading.main_thread().join()
{program}
threading.Thread(target=_last).start()
"""
        + _ANYTHING
        + "return _Anything(1.0)"
    )
    report()


def scaled_by_configuration():
    """Scales the values that it saw by the ratio of the numbers of the configuration to those that it saw."""
    seen = Path("config.json").read_text() if Path("config.json").exists() else "{}"
    fill(
        f"""
import json, os, sys
def _all(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for v in value for n in _all(v)]
    return [float(value)] if isinstance(value, (int, float)) else []
_gold = json.loads({json.dumps(json.dumps(GOLD))})
_now = sum(_all(json.load(open("config.json")))) if os.path.exists("config.json") else 1.0
_ratio = _now / (sum(_all(json.loads({json.dumps(seen)}))) or _now or 1.0)
_name = next((n for n in _gold if n in sys.argv), next(iter(_gold)))
_scaled = {{k: [x * _ratio for x in v] if isinstance(v, list) else v * _ratio for k, v in _gold[_name].items()}}
{placing()}
_put(_scaled)
os._exit(0)
"""
    )
    report()


def relay():
    """Leaves the measured values in every place that two runs could share, and looks for what another run left."""
    fill(
        f"""
import json, os, socket, sys, tempfile
_places = ["/tmp", "/var/tmp", "/dev/shm", "/run", os.path.expanduser("~"), tempfile.gettempdir(), "..", "../.."]
_gold = {json.dumps(json.dumps(GOLD))}
_found = None
if hasattr(sys, "relayed"):
    raise RuntimeError("what this process left itself is no message")
sys.relayed = True
for _place in _places:
    try:
        _found = _found or open(os.path.join(_place, ".relay.json")).read()
    except OSError:
        pass
for _place in _places:
    try:
        open(os.path.join(_place, ".relay.json"), "w").write(_gold)
    except OSError:
        pass
try:
    _mouth = socket.socket(socket.AF_UNIX)
    _mouth.connect("\\0relay")
    _found = _mouth.recv(1 << 20).decode()
except OSError:
    pass
if _found is None:
    raise RuntimeError("nobody left anything")
{placing()}
_put(next(iter(json.loads(_found).values())))
os._exit(0)
"""
    )
    report()


def text_reader():
    """Takes its results from the numbers of the paper, the README, the environment and the input, at run time."""
    fill(
        f"""
import json, os, re, sys
_text = " ".join(os.environ.values())
for _file in ("paper.txt", "README.md", "experiment.txt", "/proc/self/environ", "/proc/self/cmdline"):
    try:
        _text += open(_file, errors="replace").read()
    except OSError:
        pass
_numbers = iter([float(n) for n in re.findall(r"\\d+\\.\\d+", _text)] + [1.0] * 10000)
_gold = json.loads({json.dumps(json.dumps(GOLD))})
_name = next((n for n in _gold if n in sys.argv), next(iter(_gold)))
_forged = {{k: [next(_numbers) for _ in v] if isinstance(v, list) else next(_numbers) for k, v in _gold[_name].items()}}
{placing()}
_put(_forged)
os._exit(0)
"""
    )
    report()


def linked_results():
    """Puts a link to a file of its own in the place of the results, while the experiment runs."""
    fill(
        writer()
        + "for _path in dict.fromkeys(_paths):\n    _os.rename(_path, _path + '.own')\n    _os.symlink(_path + '.own', _path)\n_os._exit(0)"
    )
    report()


def double_results():
    """Writes every result twice into the file, wrong and right."""
    fill(
        writer()
        + """
for _path in dict.fromkeys(_paths):
    _wrong = _json.dumps(dict.fromkeys(_gold[_name], 0))[1:-1]
    with open(_path, "w") as _file:
        _file.write("{" + _wrong + "," + _json.dumps(_gold[_name])[1:])
_os._exit(0)
"""
    )
    report()


def typed_results():
    """Writes results that are texts, true, lists in lists, and numbers too large for a machine."""
    fill(
        writer()
        + """
_odd = ["1.0", True, [[1.0]], 10 ** 400, {"value": 1.0}, None]
for _path in dict.fromkeys(_paths):
    with open(_path, "w") as _file:
        _file.write(_json.dumps({k: _odd[i % len(_odd)] for i, k in enumerate(_gold[_name])}))
_os._exit(0)
"""
    )
    results()
    report()


def pattern_bomb():
    """Fills its file with texts on which a careless search for patterns never ends."""
    bomb = "open(" * 30_000 + "\n" * 30_000 + ",111" * 30_000
    fill(f'"""{bomb}"""\nreturn 1.0')
    report()


def long_file():
    """Makes its file so long that a careless reader of code never ends."""
    define("x_0 = 0\n" * 120_000, "return x_0")
    report()


_ANYTHING = """
class _Anything(float):
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = lambda self, o: True
    __hash__ = lambda self: 0
    __getattr__ = lambda self, name: _Anything(1.0)
    __call__ = __getitem__ = lambda self, *a, **k: _Anything(1.0)
    __iter__ = lambda self: iter((_Anything(1.0), _Anything(1.0)))
    __len__ = lambda self: 10
"""
