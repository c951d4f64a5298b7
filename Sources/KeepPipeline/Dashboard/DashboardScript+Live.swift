extension DashboardScript {
  /// The connection, the clock, and what a person asks for.
  static let live: StaticString = #"""

    (function () {
      var state = null, offset = 0, heard = 0, source = null, isLost = false, later = null, plotted = 0;
      function byId(id) { return document.getElementById(id); }
      function now() { return Date.now() + offset; }

      /* What the headline says, the most pressing first. */
      function verdict() {
        var stale = now() - Date.parse(state.heartbeat), held = state.held, paused = state.paused;
        var lost = state.folders.filter(function (folder) { return folder.lost; }).length;
        if (isLost) return ["bad", "Connection lost", "Trying again by itself. What is shown is from " +
          Words.clock(new Date(Date.parse(state.now) - offset)) + "."];
        if (stale > 60000) return ["bad", "Not going round", "The watch has not gone round for " + Words.span(stale) +
          ". Look at its log, and start it again."];
        if (held && held.needs_person) return ["bad", "Held", because(held)];
        if (paused) return ["fair", "Paused", (paused.reason ? "“" + paused.reason + "”, for " : "For ") +
          Words.span(now() - Date.parse(paused.since)) + ". What runs goes on; nothing more is submitted."];
        if (held) return ["fair", "Held", because(held) + " It goes on by itself."];
        if (state.folders.length && lost === state.folders.length) return ["bad", "No folder to watch",
          "None of the watched folders can be read. They are looked for again by itself."];
        if (lost) return ["fair", "Watching in part", Words.count(lost, "folder") + " cannot be read just now."];
        var settling = state.settling ? Words.count(state.settling, "file") + " settling, " : "";
        return ["good", "Watching", Words.count(state.folders.length, "folder") + ", " + settling + "up for " +
          Words.span(now() - Date.parse(state.started_at)) + "."];
      }
      function because(held) {
        var text = held.reason.charAt(0).toUpperCase() + held.reason.slice(1) +
          (held.since ? ", for " + Words.span(now() - Date.parse(held.since)) : "") + ".";
        if (held.hint) text += " " + held.hint.charAt(0).toUpperCase() + held.hint.slice(1) + ".";
        return text;
      }
      function say(node, text) { if (node.textContent !== text) node.textContent = text; }
      function headline() {
        var told = verdict();
        byId("status").className = told[0] + (told[0] === "good" ? " live" : "");
        say(byId("status-word"), told[1]);
        say(byId("detail"), Words.visible(told[2]));
        var counts = state.counts;
        document.title = (told[0] === "good" ? "" : told[1] + " – ") + counts.running + " running, " + counts.waiting +
          " waiting – comfykeep";
        byId("pause").hidden = state.paused !== null;
        byId("resume").hidden = state.paused === null;
      }
      function tick() {
        if (!state) return;
        document.querySelectorAll("[data-since]").forEach(function (node) {
          say(node, Words.span(now() - Date.parse(node.dataset.since), node.dataset.exact !== undefined));
        });
        document.querySelectorAll("[data-until]").forEach(function (node) {
          var time = Date.parse(node.dataset.until) - now();
          say(node, time > 0 ? "in " + Words.span(time) : "over");
          node.className = "end" + (time < 6 * 3600000 ? " soon" : time < 24 * 3600000 ? " near" : "");
        });
        headline();
        if (now() - plotted > 300000) plot();
        if (Date.now() - heard > 40000) lose();
      }

      function plot() {
        plotted = now();
        Parts.plot(state, plotted);
      }

      /* The connection. */
      function lose() {
        isLost = true;
        if (source) source.close();
        source = null;
        if (state) {
          headline();
        } else {
          byId("status").className = "bad";
          say(byId("status-word"), "Connection lost");
          say(byId("detail"), "Trying again by itself. What is shown is from when this page was loaded.");
        }
        if (later === null) later = setTimeout(connect, 4000);
      }
      function connect() {
        later = null;
        heard = Date.now();
        source = new EventSource("events");
        ["state", "change", "beat"].forEach(function (kind) {
          source.addEventListener(kind, function (event) { hear(JSON.parse(event.data), kind === "state"); });
        });
        source.addEventListener("error", lose);
      }
      function hear(told, isWhole) {
        heard = Date.now();
        isLost = false;
        /* Another program has another page. */
        if (isWhole && state && told.program_version !== state.program_version) return location.reload();
        if (isWhole) state = told; else if (state) Object.assign(state, told); else return;
        offset = Date.parse(state.now) - Date.now();
        Parts.draw(state, Object.keys(told), now());
        tick();
      }

      /* What a person asks for. */
      var fading = null;
      function tell(text, isBad) {
        byId("told").className = isBad ? "bad" : "";
        byId("told").textContent = Words.visible(text);
        clearTimeout(fading);
        if (!isBad) fading = setTimeout(function () { byId("told").textContent = ""; }, 12000);
      }
      function store(value) { try { sessionStorage.setItem("token", value); } catch (_) { remembered = value; } }
      var remembered = "";
      function token() { try { return sessionStorage.getItem("token") || remembered; } catch (_) { return remembered; } }
      var pending = null;
      function ask(error) {
        byId("ask-error").textContent = error || "";
        byId("token").value = "";
        byId("ask").showModal();
      }
      function post(path, body, done) {
        if (!token()) {
          pending = [path, body, done];
          return ask();
        }
        fetch(path, {
          method: "POST", body: JSON.stringify(body), credentials: "omit", cache: "no-store",
          headers: { "Content-Type": "application/json", "Authorization": "Bearer " + token() }
        }).then(function (answer) {
          return answer.text().then(function (text) {
            if (answer.status === 401) {
              store("");
              pending = [path, body, done];
              ask("That was not the token.");
            } else if (answer.ok) {
              tell(done);
            } else {
              tell("Not done: " + text.trim(), true);
            }
          });
        }).catch(function () { tell("Not done: the dashboard does not answer.", true); });
      }
      function copy(button) {
        var text = button.dataset.copy, field = button.parentNode.querySelector(".id");
        function done() { tell("Copied: " + text); }
        function byHand() {
          getSelection().selectAllChildren(field);
          if (document.execCommand("copy")) done(); else tell("It is selected: copy it with the keyboard.");
        }
        if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand); else byHand();
      }
      document.addEventListener("click", function (event) {
        var button = event.target.closest && event.target.closest("button");
        if (!button) return;
        if (button.dataset.copy !== undefined) copy(button);
        if (button.dataset.all !== undefined) Parts.unfold(button.dataset.all);
        if (button.dataset.retry !== undefined) {
          post("retry", { arrival: Number(button.dataset.retry) }, "It is taken again.");
        }
      });
      byId("pause").addEventListener("click", function () { byId("why").showModal(); });
      byId("resume").addEventListener("click", function () { post("resume", {}, "It goes on."); });
      byId("retry-all").addEventListener("click", function () {
        post("retry", { all: true }, "All that failed is taken again.");
      });
      byId("why-form").addEventListener("submit", function (event) {
        event.preventDefault();
        byId("why").close();
        var reason = byId("reason").value.trim();
        post("pause", reason ? { reason: reason } : {}, "It is paused.");
        byId("reason").value = "";
      });
      byId("ask-form").addEventListener("submit", function (event) {
        event.preventDefault();
        var value = byId("token").value.trim();
        if (!/^[\x21-\x7E]+$/.test(value)) return;
        store(value);
        byId("ask").close();
        if (pending) post.apply(null, pending);
        pending = null;
      });
      ["why", "ask"].forEach(function (id) {
        byId(id + "-cancel").addEventListener("click", function () { byId(id).close(); });
      });

      /* #token=… is taken, and taken off the address, so that it is not shown, kept or sent along. */
      var given = /[#&]token=([\x21-\x25\x27-\x7E]+)/.exec(location.hash);
      if (given) {
        try { store(decodeURIComponent(given[1])); } catch (_) { store(given[1]); }
        history.replaceState(null, "", location.pathname + location.search);
      }
      document.querySelectorAll("[data-live]").forEach(function (node) { node.removeAttribute("hidden"); });
      Parts.allowRetry();
      var width = 0;
      addEventListener("resize", function () {
        if (state && innerWidth !== width) plot();
        width = innerWidth;
      });
      setInterval(tick, 1000);
      connect();
    })();

    """#
}
