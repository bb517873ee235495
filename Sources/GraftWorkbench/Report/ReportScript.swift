/// The script of reports: what it adds, readers can do without.
enum ReportScript {
  static let text = #"""
    (function () {
      "use strict";
      var root = document.documentElement;

      // Light or dark.
      var theme = document.getElementById("theme");
      var dark = window.matchMedia("(prefers-color-scheme: dark)");
      function isDark() {
        return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
      }
      function label() { theme.textContent = isDark() ? "Light colors" : "Dark colors"; }
      theme.hidden = false;
      theme.addEventListener("click", function () {
        root.dataset.theme = isDark() ? "light" : "dark";
        label();
      });
      dark.addEventListener("change", label);
      label();

      // Tables that sort by a column: first click as most want it, numbers from the largest.
      function key(cell) {
        var value = cell.dataset.value;
        return value === undefined ? cell.textContent.trim() : Number(value);
      }
      function compare(one, other) {
        if (typeof one === "number" && typeof other === "number") return one - other;
        if (typeof one === "number") return 1;
        if (typeof other === "number") return -1;
        return one.localeCompare(other, undefined, { numeric: true });
      }
      function sort(table, column, head) {
        var isNumber = head.classList.contains("number");
        var state = head.getAttribute("aria-sort");
        var falls = state ? state === "ascending" : isNumber;
        table.querySelectorAll("thead th").forEach(function (each) {
          each.removeAttribute("aria-sort");
        });
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        var body = table.tBodies[0];
        Array.from(body.rows).map(function (row) {
          return { row: row, key: key(row.cells[column]) };
        }).sort(function (one, other) {
          return (falls ? -1 : 1) * compare(one.key, other.key);
        }).forEach(function (each) { body.appendChild(each.row); });
      }
      document.querySelectorAll("table.sortable").forEach(function (table) {
        table.querySelectorAll("thead th").forEach(function (head, column) {
          var button = document.createElement("button");
          button.type = "button";
          while (head.firstChild) button.appendChild(head.firstChild);
          head.appendChild(button);
          button.addEventListener("click", function () { sort(table, column, head); });
        });
      });

      // Plots and images as large as the window.
      var dialog = document.createElement("dialog");
      if (dialog.showModal) {
        var close = document.createElement("button");
        close.type = "button";
        close.textContent = "Close";
        var place = document.createElement("div");
        place.className = "enlarged";
        dialog.append(close, place);
        document.body.appendChild(dialog);
        var home = null;
        var enlarge = function (node, name) {
          home = { node: node, parent: node.parentNode, next: node.nextSibling };
          place.replaceChildren(node);
          dialog.setAttribute("aria-label", name);
          dialog.showModal();
        };
        close.addEventListener("click", function () { dialog.close(); });
        dialog.addEventListener("click", function (event) {
          if (event.target === dialog || event.target.closest(".enlarged")) dialog.close();
        });
        dialog.addEventListener("close", function () {
          if (home) home.parent.insertBefore(home.node, home.next);
          home = null;
        });
        document.querySelectorAll("figure.plot").forEach(function (figure) {
          var button = document.createElement("button");
          button.type = "button";
          button.textContent = "Enlarge";
          button.setAttribute("aria-label", "Enlarge: " + figure.dataset.label);
          button.addEventListener("click", function () {
            enlarge(figure.querySelector("svg"), figure.dataset.label);
          });
          figure.appendChild(button);
        });
        document.querySelectorAll("figure.image img").forEach(function (image) {
          var button = document.createElement("button");
          button.type = "button";
          image.parentNode.insertBefore(button, image);
          button.appendChild(image);
          button.setAttribute("aria-label", "Enlarge " + image.alt);
          button.addEventListener("click", function () { enlarge(image, image.alt); });
        });
      }

      // Only what scrolls is to be stopped at by the Tab key.
      function stops() {
        document.querySelectorAll(".scroll, pre").forEach(function (box) {
          var isWide = box.scrollWidth > box.clientWidth;
          if (isWide || box.scrollHeight > box.clientHeight + 1) box.tabIndex = 0;
          else box.removeAttribute("tabindex");
        });
      }
      window.addEventListener("resize", stops);
      document.querySelectorAll("details").forEach(function (each) {
        each.addEventListener("toggle", stops);
      });
      stops();

      // Texts to copy.
      document.querySelectorAll("pre.copyable").forEach(function (text) {
        var button = document.createElement("button");
        button.type = "button";
        button.textContent = "Copy";
        text.parentNode.insertBefore(button, text);
        function select() {
          var range = document.createRange();
          range.selectNodeContents(text);
          var selection = window.getSelection();
          selection.removeAllRanges();
          selection.addRange(range);
        }
        function tell(isDone) { button.textContent = isDone ? "Copied" : "Selected"; }
        button.addEventListener("click", function () {
          if (navigator.clipboard) {
            navigator.clipboard.writeText(text.textContent).then(
              function () { tell(true); }, function () { select(); tell(false); });
          } else {
            select();
            tell(document.execCommand("copy"));
          }
        });
      });

      // Paper shows everything but the longest tables.
      var closed = [];
      window.addEventListener("beforeprint", function () {
        closed = Array.from(document.querySelectorAll("details:not([open]):not(.long)"));
        closed.forEach(function (each) { each.open = true; });
      });
      window.addEventListener("afterprint", function () {
        closed.forEach(function (each) { each.open = false; });
      });
    })();
    """#
}
