/// What makes the page live. Whatever comes from the server is put in as text, never as markup.
enum DashboardScript {
  /// How things are said and drawn.
  static let words: StaticString = #"""

    "use strict";
    var Words = (function () {
      function grouped(number) { return String(number).replace(/\B(?=(\d{3})+$)/g, ","); }
      function count(number, noun) { return grouped(number) + " " + noun + (number === 1 ? "" : "s"); }
      function size(bytes) {
        if (bytes < 1000) return bytes + " B";
        var units = ["kB", "MB", "GB", "TB", "PB"], place = 0, value = bytes / 1000;
        while (value >= 1000 && place < 4) { value /= 1000; place += 1; }
        return (Math.floor(value * 10) / 10).toFixed(1) + " " + units[place];
      }
      function two(number) { return (number < 10 ? "0" : "") + number; }
      function span(milliseconds, isExact) {
        var s = Math.max(0, Math.floor(milliseconds / 1000)), m = Math.floor(s / 60), h = Math.floor(m / 60);
        if (s < 60) return s + " s";
        if (h === 0) return m + " min" + (isExact ? " " + two(s % 60) + " s" : "");
        if (h < 48) return h + " h " + two(m % 60) + " min";
        return Math.floor(h / 24) + " days";
      }
      function clock(time) { return two(time.getHours()) + ":" + two(time.getMinutes()); }
      function visible(text) {
        return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, function (sign) {
          var code = sign.codePointAt(0);
          if (code < 32) return String.fromCharCode(0x2400 + code);
          if (code === 127) return "\u2421";
          return code === 0x200C || code === 0x200D ? sign : "\uFFFD";
        });
      }
      return { grouped: grouped, count: count, size: size, span: span, clock: clock, visible: visible, two: two };
    })();

    /* An element with a class and with text or elements in it; what is null is left out. */
    function make(name, kind) {
      var node = document.createElement(name);
      if (kind) node.className = kind;
      for (var place = 2; place < arguments.length; place += 1) {
        var child = arguments[place];
        if (child === null || child === undefined) continue;
        node.append(typeof child === "object" ? child : Words.visible(child));
      }
      return node;
    }
    function aged(time, isExact) {
      var node = make("time");
      node.dateTime = time;
      node.dataset.since = time;
      if (isExact) node.dataset.exact = "";
      return node;
    }
    function left(time) {
      var node = make("time", "end");
      node.dateTime = time;
      node.dataset.until = time;
      return node;
    }

    /* Runs kept and failed in spans of ten minutes over a day, as stacked bars. */
    function drawPlot(plot, bins, now) {
      var space = "http" + "://www.w3.org/2000/svg";
      var width = Math.max(260, plot.clientWidth || 400), height = 210;
      var box = { left: 34, right: 6, top: 12, bottom: 26 };
      var wide = width - box.left - box.right, high = height - box.top - box.bottom;
      var step = 600000, spans = 144, end = Math.floor(now / step) * step + step, start = end - spans * step;
      function add(parent, name, values, text) {
        var node = document.createElementNS(space, name);
        Object.keys(values).forEach(function (key) { node.setAttribute(key, values[key]); });
        if (text !== undefined) node.textContent = text;
        parent.append(node);
        return node;
      }
      var most = bins.reduce(function (most, bin) { return Math.max(most, bin.kept + bin.failed); }, 0);
      var raw = Math.max(1, most / 3), power = Math.pow(10, Math.floor(Math.log10(raw)));
      var unit = [1, 2, 5, 10].map(function (n) { return n * power; }).find(function (n) { return n >= raw; });
      unit = Math.max(1, Math.round(unit));
      var top = unit * Math.max(1, Math.ceil(most / unit));
      plot.setAttribute("viewBox", "0 0 " + width + " " + height);
      plot.replaceChildren();
      add(plot, "title", { id: "plot-title" }, plot.dataset.title || "");
      for (var level = 0; level <= top; level += unit) {
        var y = box.top + high - high * level / top;
        add(plot, "line", { "class": "line", x1: box.left, x2: width - box.right, y1: y, y2: y });
        add(plot, "text", { x: box.left - 8, y: y + 4, "text-anchor": "end" }, Words.grouped(level));
      }
      var hours = width < 420 ? 6 : 4;
      for (var time = start; time <= end; time += step) {
        var date = new Date(time);
        if (date.getMinutes() !== 0 || date.getHours() % hours !== 0) continue;
        var x = box.left + wide * (time - start) / (end - start);
        if (x < box.left + 12 || x > width - 18) continue;
        add(plot, "line", { "class": "line", x1: x, x2: x, y1: box.top + high, y2: box.top + high + 5 });
        add(plot, "text", { x: x, y: height - 5, "text-anchor": "middle" }, Words.clock(date));
      }
      var slot = wide / spans;
      bins.forEach(function (bin) {
        var at = Date.parse(bin.start), place = (at - start) / step, base = box.top + high;
        if (!(place >= 0 && place < spans) || bin.kept + bin.failed === 0) return;
        var group = add(plot, "g", {});
        add(group, "title", {}, Words.clock(new Date(at)) + ": " + bin.kept + " kept, " + bin.failed + " failed");
        [["kept", bin.kept], ["failed", bin.failed]].forEach(function (part) {
          var tall = high * part[1] / top;
          if (tall === 0) return;
          base -= tall;
          add(group, "rect", {
            "class": part[0], x: box.left + place * slot, y: base, width: Math.max(1, slot - (slot > 3 ? 1 : 0.3)),
            height: tall });
        });
      });
    }

    """#

  /// The sections.
  static let parts: StaticString = #"""

    var Parts = (function () {
      var canRetry = false;
      function byId(id) { return document.getElementById(id); }
      function name(item) {
        var parts = Words.visible(item.name).split("/"), last = parts.pop();
        var box = make("bdi", "", parts.length ? make("span", "dir", parts.join("/") + "/") : null, last);
        box.title = Words.visible(item.folder ? item.folder + "/" + item.name : item.name);
        return make("div", "name", box);
      }
      /* Long lists show their beginning until a person wants all of it. */
      var unfolded = new Set();
      function fold(list) {
        var limits = { failures: 5, waiting: 6, deadlines: 6, finished: innerWidth < 620 ? 6 : 12 };
        var limit = limits[list.id] || Infinity, isOpen = unfolded.has(list.id), button = byId(list.id + "-all");
        Array.from(list.children).forEach(function (node, place) { node.hidden = !isOpen && place >= limit; });
        if (!button) return;
        button.hidden = list.children.length <= limit;
        button.textContent = isOpen ? "Show fewer" : "Show " + Words.grouped(list.children.length);
        button.setAttribute("aria-expanded", String(isOpen));
      }
      function unfold(id) {
        if (!unfolded.delete(id)) unfolded.add(id);
        fold(byId(id));
      }
      /* Keeps what has not changed, so that neither focus nor an open part is lost. */
      function sync(list, items, draw) {
        var known = new Map();
        Array.from(list.children).forEach(function (node) { if (node.told) known.set(node.key, node); });
        items.forEach(function (item, place) {
          var told = JSON.stringify(item), key = String(item.id !== undefined ? item.id : place), node = known.get(key);
          if (!node || node.told !== told) {
            var fresh = draw(item), was = node && node.querySelector("details");
            if (was && was.open && fresh.querySelector("details")) fresh.querySelector("details").open = true;
            fresh.told = told;
            fresh.key = key;
            node = fresh;
          }
          if (list.children[place] !== node) list.insertBefore(node, list.children[place] || null);
        });
        while (list.children.length > items.length) list.lastElementChild.remove();
        fold(list);
      }
      function empty(id, isEmpty) { byId(id).hidden = !isEmpty; }
      function total(id, number) { byId(id).textContent = number ? Words.grouped(number) : ""; }
      function copier(what, text) {
        var button = make("button", "copy", "Copy");
        button.type = "button";
        button.setAttribute("aria-label", "Copy the " + what);
        button.dataset.copy = text;
        return button;
      }
      function ids(item) {
        if (!item.request_id && !item.bundle) return null;
        var box = make("details", "", make("summary", "", "Request and bundle"));
        if (!item.bundle) box.firstChild.textContent = "Request";
        [["request id", item.request_id], ["bundle path", item.bundle]].forEach(function (pair) {
          if (pair[1]) box.append(make("p", "", make("span", "id", pair[1]), " ", copier(pair[0], pair[1])));
        });
        return box;
      }

      var phases = ["uploading", "in queue", "running", "keeping"];
      function running(item) {
        var place = phases.indexOf(item.phase), steps = make("span", "steps");
        phases.forEach(function (_, index) { steps.append(make("i", index < place ? "on" : index === place ? "now" : "")); });
        steps.setAttribute("aria-hidden", "true");
        var words = item.phase || "at work";
        if (item.position !== null) words += ", place " + Words.grouped(item.position);
        return make("li", "row", name(item), aged(item.since, true),
          make("div", "facts", make("span", "", steps, words), make("span", "", Words.size(item.bytes))));
      }
      function waiting(item) {
        var since = make("span", "", "for ", aged(item.since));
        return make("li", "row", name(item), make("span", "end", Words.size(item.bytes)), make("div", "facts", since));
      }
      function failure(item) {
        var facts = make("div", "facts", make("span", "", aged(item.since), " ago"),
          make("span", "", Words.size(item.bytes)), item.state === "in_doubt" ? make("span", "", "in doubt") : null);
        var button = make("button", "small", "Retry");
        button.type = "button";
        button.dataset.retry = item.id;
        button.hidden = item.state !== "failed";
        button.setAttribute("aria-label", "Retry " + Words.visible(item.name));
        var text = make("div", "", name(item), make("p", "reason", item.reason || "no reason is known"), facts, ids(item));
        text.querySelector(".reason").dir = "auto";
        return make("li", item.state === "failed" ? "failure" : "failure fair", text, button);
      }
      function finished(item) {
        var frame = make("div", "frame"), words = item.outputs ? Words.count(item.outputs, "output") : "No output";
        if (item.request_id && /^[A-Za-z0-9._:-]{1,128}$/.test(item.request_id)) {
          var image = new Image();
          image.loading = "lazy";
          image.alt = "Output of " + Words.visible(item.name);
          image.addEventListener("error", function () { frame.textContent = words; });
          image.src = "thumbnail/" + item.request_id;
          frame.append(image);
        } else {
          frame.textContent = words;
        }
        var facts = make("div", "facts", make("span", "", aged(item.since), " ago"), make("span", "", words));
        return make("li", "card", frame, name(item), facts, ids(item));
      }
      function deadline(item) {
        return make("li", "row", name(item), left(item.at));
      }
      function folder(item) {
        var mode = item.mode === "polling" ? "looked at again and again" : "told by the system";
        var facts = make("div", "facts", make("span", "", mode), item.note ? make("span", "", item.note) : null);
        return make("li", "row", make("div", "name", make("bdi", "", item.path)),
          make("span", item.lost ? "state bad" : "state", item.lost ? "lost" : "watched"), facts);
      }
      function use(label, value, limit, say) {
        var words = limit === null ? say(value) : say(value) + " of " + say(limit);
        var box = make("div", limit !== null && value >= limit ? "use full" : "use",
          make("p", "", make("span", "", label), words));
        if (limit !== null) {
          var bar = make("progress");
          bar.max = Math.max(1, limit);
          bar.value = Math.min(value, bar.max);
          bar.setAttribute("aria-label", label + ": " + words);
          box.append(bar);
        }
        return box;
      }
      function pairs(list, rows) {
        list.replaceChildren.apply(list, rows.map(function (row) {
          return make("div", "", make("dt", "", row[0]), make("dd", "", row[1]));
        }));
      }
      function hours(bins) {
        var sums = new Map();
        bins.forEach(function (bin) {
          var date = new Date(bin.start), key = date.setMinutes(0, 0, 0), sum = sums.get(key) || [0, 0];
          sums.set(key, [sum[0] + bin.kept, sum[1] + bin.failed]);
        });
        return Array.from(sums.keys()).sort(function (a, b) { return b - a; })
          .filter(function (key) { return sums.get(key)[0] + sums.get(key)[1] > 0; })
          .map(function (key) {
            var head = make("th", "", Words.clock(new Date(key)));
            head.scope = "row";
            return make("tr", "", head, make("td", "", Words.grouped(sums.get(key)[0])),
              make("td", "", Words.grouped(sums.get(key)[1])));
          });
      }
      function plot(state, now) {
        var sum = state.throughput.reduce(function (sum, bin) { return [sum[0] + bin.kept, sum[1] + bin.failed]; }, [0, 0]);
        var words = Words.grouped(sum[0]) + " kept and " + Words.grouped(sum[1]) + " failed in the last 24 hours";
        var svg = byId("plot");
        svg.dataset.title = "Kept and failed for each ten minutes of the last day: " + words;
        byId("plot-sum").textContent = words;
        drawPlot(svg, state.throughput, now);
        var rows = hours(state.throughput);
        byId("plot-rows").replaceChildren.apply(byId("plot-rows"), rows);
        byId("plot-table").hidden = rows.length === 0;
      }
      function counts(told) {
        ["waiting", "running", "kept", "failed", "skipped", "in_doubt"].forEach(function (key) {
          var item = byId("count-" + key);
          item.firstChild.textContent = Words.grouped(told[key]);
          item.className = told[key] === 0 ? "none" : key === "failed" ? "bad" : key === "in_doubt" ? "fair" : "";
        });
      }

      var draws = {
        counts: function (state) {
          counts(state.counts);
          total("running-count", state.counts.running);
          total("waiting-count", state.counts.waiting);
          total("failures-count", state.counts.failed + state.counts.in_doubt);
          byId("retry-all").hidden = !canRetry || state.counts.failed === 0;
        },
        running: function (state) {
          sync(byId("running"), state.running, running);
          empty("running-none", state.running.length === 0);
        },
        waiting: function (state) {
          sync(byId("waiting"), state.waiting, waiting);
          empty("waiting-none", state.waiting.length === 0);
          var more = state.counts.waiting - state.waiting.length;
          byId("waiting-more").hidden = state.waiting.length === 0 || more <= 0;
          byId("waiting-more").textContent = "and " + Words.grouped(Math.max(0, more)) + " more";
        },
        finished: function (state) {
          sync(byId("finished"), state.finished, finished);
          empty("finished-none", state.finished.length === 0);
        },
        failures: function (state) {
          sync(byId("failures"), state.failures, failure);
          empty("failures-none", state.failures.length === 0);
          var more = state.counts.failed + state.counts.in_doubt - state.failures.length;
          byId("failures-more").hidden = state.failures.length === 0 || more <= 0;
          byId("failures-more").textContent = "and " + Words.grouped(Math.max(0, more)) + " more";
        },
        deadlines: function (state) {
          sync(byId("deadlines"), state.deadlines, deadline);
          empty("deadlines-none", state.deadlines.length === 0);
        },
        folders: function (state) { sync(byId("folders"), state.folders, folder); },
        today: function (state) {
          var today = state.today;
          byId("today").replaceChildren(use("Runs", today.runs, today.run_limit, Words.grouped),
            use("Sent", today.sent_bytes, today.sent_bytes_limit, Words.size));
        },
        totals: function (state) {
          var totals = state.totals;
          pairs(byId("totals"), [["Files taken", Words.grouped(totals.files)], ["Runs", Words.grouped(totals.runs)],
            ["Sent", Words.size(totals.sent_bytes)], ["Outputs kept", Words.grouped(totals.outputs)],
            ["Bytes kept", Words.size(totals.kept_bytes)]]);
        },
        throughput: plot
      };
      /* Draws what changed. */
      function draw(state, keys, now) {
        if (keys.indexOf("counts") >= 0) keys = keys.concat(["waiting", "failures"]);
        Object.keys(draws).forEach(function (key) { if (keys.indexOf(key) >= 0) draws[key](state, now); });
      }
      return { draw: draw, plot: plot, unfold: unfold, allowRetry: function () { canRetry = true; } };
    })();

    """#
}
