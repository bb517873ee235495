"""Reports in a browser: what `save report.html` writes is opened by a headless Chromium.

    check_report.py GRAFT DATA WEIGHTS

writes reports of several kinds of runs and opens each at three widths, light and dark, with and without
scripts. Nothing may be loaded, reported on the console, or wider than the page; tables sort, plots enlarge,
and the page prints. Where this Python has axe-core-python, its rules find nothing serious. Exits with 77
where there is no Chromium: GRAFT_CHROMIUM names one, else `chromium` is looked for.
"""
import base64, importlib.util, json, os, pathlib, shutil, signal, subprocess, sys, tempfile

WIDTHS = (360, 800, 1400)

RECIPES = {
    "photographs": """
data hymenoptera
encoder squeezenet1_1 weights=squeezenet1_1.safetensors
augment flip crop(0.6..1)
train policy=A epochs=2 as=A
solve as=solved
compare A solved
save report.html
""",
    "hands": """
data sign_digits
encoder mobilenet_v2 weights=mobilenet_v2.safetensors size=64
train policy=A epochs=2 as=signs
save report.html title="Signs <b>&'</b> \u05d0\u05d1 \U0001F41D"
""",
    "many classes": """
data many split=50/50
encoder resnet20 weights=random size=16
train policy=B epochs=2 as=A
save report.html
""",
    "pixels": """
data masks split=60/40
encoder resnet20 weights=random size=32
head unet width=4
train policy=B epochs=2 as=A
save report.html
""",
    "labels": """
data shapes labels=tags.csv split=60/40
encoder resnet20 weights=random size=16
train policy=B epochs=2 as=A
save report.html
""",
}


def png(path, width, height, pixel):
    """Writes an RGB image, `pixel(x, y)` giving three bytes."""
    import struct, zlib

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in pixel(x, y)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def make_data(folder):
    """Small sets: 200 classes, masks, labels; some names are hostile."""
    for number in range(200):
        name = f"class {number:03d} <b>&'\"" if number % 2 else f"{number:03d} \u05d0\u05d1\u05d2 \U0001F41D long name of a class"
        for index in range(4):
            png(folder / "many" / name / f"{index}.png", 16, 16,
                lambda x, y: (number, (x * 16 + index * 9) % 256, y * 16))
    for index in range(10):
        inside = lambda x, y: (x - 16) ** 2 + (y - 10 - index) ** 2 < 60
        png(folder / "masks" / "images" / f"{index}.png", 32, 32,
            lambda x, y: (220, 90, 30) if inside(x, y) else (30, 60 + x, 90 + y))
        png(folder / "masks" / "masks" / f"{index}.png", 32, 32,
            lambda x, y: (255, 255, 255) if inside(x, y) else (0, 0, 0))
    lines = ["file,tags"]
    for index in range(40):
        tags = [name for bit, name in enumerate(["red", "green", "blue & <b>"]) if index >> bit & 1]
        levels = [200 if index >> bit & 1 else 40 for bit in range(3)]
        png(folder / "shapes" / f"{index}.png", 16, 16, lambda x, y: tuple(v + index for v in levels))
        lines.append(f"{index}.png,{';'.join(tags)}")
    (folder / "tags.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Browser:
    """A headless Chromium, driven through its pipe: messages end with a zero byte."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def connect():
            # First away from 3 and 4, which may be one of the ends.
            read, write = os.dup(theirs_in), os.dup(theirs_out)
            while read in (3, 4): read = os.dup(read)
            while write in (3, 4): write = os.dup(write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=connect, close_fds=False, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.input, self.output = ours_in, ours_out
        self.buffer, self.number, self.events, self.session = b"", 0, [], None

    def message(self):
        while b"\0" not in self.buffer:
            part = os.read(self.input, 1 << 20)
            if not part: raise RuntimeError("Chromium ended")
            self.buffer += part
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        call = {"id": self.number, "method": method, "params": parameters}
        if self.session: call["sessionId"] = self.session
        os.write(self.output, json.dumps(call).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer: raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, path, width, theme, scripts):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"): self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": theme}])
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.events = []
        self.call("Page.navigate", url=pathlib.Path(path).as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())
        return target

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result: raise RuntimeError(json.dumps(result["exceptionDetails"])[:400])
        return result["result"].get("value")

    def faults(self):
        """What the console and the network tell."""
        for event in self.events:
            method, told = event.get("method"), event.get("params", {})
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                yield json.dumps(told)[:300]
            if method == "Network.requestWillBeSent":
                url = told["request"]["url"]
                if not url.startswith(("file:", "data:", "about:")): yield f"loads {url}"

    def close(self, target):
        self.session = None
        self.call("Target.closeTarget", targetId=target)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.profile, ignore_errors=True)


SORTS = """(() => {
  const table = document.querySelector("table.sortable");
  if (!table) return "none";
  const text = () => Array.from(table.tBodies[0].rows, row => row.cells[0].textContent).join("|");
  const button = table.querySelector("thead th button");
  button.click();
  const rising = text(), sort = table.querySelector("thead th").getAttribute("aria-sort");
  button.click();
  return sort === "ascending" && rising.split("|").reverse().join("|") === text() ? "yes" : "no";
})()"""

ENLARGES = """(() => {
  const button = document.querySelector("figure.plot > button"), dialog = document.querySelector("dialog");
  const before = document.querySelectorAll("figure.plot svg").length;
  button.click();
  const isOpen = dialog.open && dialog.querySelector("svg") !== null;
  dialog.querySelector("button").click();
  return new Promise(done => setTimeout(() => done(
    isOpen && !dialog.open && document.querySelectorAll("figure.plot svg").length === before), 100));
})()"""

TURNS = """(() => {
  const color = () => getComputedStyle(document.body).backgroundColor;
  const before = color();
  document.getElementById("theme").click();
  return before !== color();
})()"""

AXE = """axe.run(document, {resultTypes: ["violations"]}).then(result => JSON.stringify(
  result.violations.map(each => [each.impact, each.id, each.nodes.map(node => node.target.join(" ")).slice(0, 3)])))"""


def axe():
    """The source of axe-core, where this Python has it."""
    found = importlib.util.find_spec("axe_core_python")
    files = sorted(pathlib.Path(found.origin).parent.glob("**/axe.min.js")) if found else []
    return files[0].read_text(encoding="utf-8") if files else None


def check(browser, path, rules):
    faults = []
    for width in WIDTHS:
        for theme in ("light", "dark"):
            for scripts in (True, False):
                target = browser.open(path, width, theme, scripts)
                place = f"{width} px, {theme}, scripts {scripts}"
                # Without scripts of the page, those of the debugger still run.
                wide = browser.value("document.documentElement.scrollWidth")
                if wide > width: faults.append(f"{place}: {wide} px wide")
                if scripts:
                    if rules:
                        browser.value(rules)
                        for impact, rule, nodes in json.loads(browser.value(AXE)):
                            text = f"{place}: axe {impact} {rule} {nodes}"
                            if impact in ("serious", "critical"): faults.append(text)
                            else: print("note:", text)
                    if browser.value(SORTS) == "no": faults.append(f"{place}: a table does not sort")
                    if not browser.value(ENLARGES): faults.append(f"{place}: a plot does not enlarge")
                    if not browser.value(TURNS): faults.append(f"{place}: colors do not change")
                faults += [f"{place}: {fault}" for fault in browser.faults()]
                browser.close(target)
    target = browser.open(path, 800, "dark", True)
    page = base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    if not page.startswith(b"%PDF") or page.count(b"/Type /Page\n") + page.count(b"/Type /Page ") < 1:
        faults.append("does not print")
    browser.close(target)
    return faults


def main():
    graft, data, weights = sys.argv[1:4]
    program = os.environ.get("GRAFT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("skipped: there is no Chromium; scripts/setup chromium installs it")
        return 77
    rules = axe()
    if not rules: print("without the rules of axe-core: this Python has no axe-core-python")
    folder = pathlib.Path(tempfile.mkdtemp())
    browser = Browser(program)
    failed = False
    try:
        make_data(folder)
        for name in ("hymenoptera", "sign_digits"): (folder / name).symlink_to(pathlib.Path(data, name).resolve())
        for name in ("squeezenet1_1", "mobilenet_v2"):
            (folder / f"{name}.safetensors").symlink_to(pathlib.Path(weights, f"{name}.safetensors").resolve())
        for name, recipe in RECIPES.items():
            (folder / "report.graft").write_text(recipe, encoding="utf-8")
            environment = dict(os.environ, XDG_STATE_HOME=str(folder / "state"))
            subprocess.run([graft, "--quiet", "run", str(folder / "report.graft")], check=True, env=environment,
                           stdout=subprocess.DEVNULL)
            page = folder / f"{name.replace(' ', '_')}.html"
            (folder / "report.html").rename(page)
            faults = check(browser, page, rules)
            print(f"{name}: {page.stat().st_size // 1000} kB, {'; '.join(faults) if faults else 'holds'}")
            failed = failed or bool(faults)
            if os.environ.get("GRAFT_KEEP_REPORTS"): shutil.copy(page, os.environ["GRAFT_KEEP_REPORTS"])
    finally:
        browser.end()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
