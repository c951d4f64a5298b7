/// How the catalogue looks: light and dark, on paper and on a phone, with the system's own fonts.
enum CatalogStyle {
  /// Colours, type and the ground of every page; the dashboard's too.
  static let ground: StaticString = """

    :root {
      color-scheme: light dark;
      --paper: #f5f3ee; --sunk: #ebe8e0; --line: #dcd8cd; --ink: #22201c; --quiet: #6e695f; --link: #1f5a4e;
      --good: #1f6b4d; --fair: #8a5a0b; --fair-back: #f8ecd2; --bad: #9e2f2a; --bad-back: #f8e3df;
      --serif: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif;
      --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
      --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #151514; --sunk: #1f1e1c; --line: #363431; --ink: #ecebe6; --quiet: #a09b91; --link: #8fd0bd;
        --good: #8fd6ae; --fair: #ecc27a; --fair-back: #352b18; --bad: #f0a39c; --bad-back: #3b201e;
      }
    }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 15px/1.55 var(--sans); overflow-wrap: anywhere;
    }
    h1 { font: 400 clamp(34px, 5vw, 54px)/1.1 var(--serif); letter-spacing: -.015em; margin: 6px 0 0; }
    h2 { font: 400 25px/1.3 var(--serif); margin: 0; }
    h2 small { font: 400 14px/1.3 var(--sans); color: var(--quiet); margin-left: 8px; white-space: nowrap; }
    p, figure, blockquote, dl, dd, ul { margin: 0; }
    ul { list-style: none; padding: 0; }
    a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 3px; }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

    """

  static let sheet: StaticString = """

    header, main, footer, .turning { max-width: 1320px; margin: 0 auto; padding: 0 36px; }
    header { padding-top: 64px; }
    .kind { color: var(--quiet); font-size: 13px; letter-spacing: .09em; text-transform: uppercase; }
    .kind a { color: inherit; }
    .sum { color: var(--quiet); margin-top: 12px; font-size: 16px; white-space: pre-wrap; }
    .states { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
    .state { font-size: 12.5px; font-weight: 600; padding: 2px 11px; border-radius: 99px; background: var(--sunk); }
    .state.fair { color: var(--fair); background: var(--fair-back); }
    .state.bad { color: var(--bad); background: var(--bad-back); }
    .months { margin-top: 28px; border-top: 1px solid var(--line); }
    .months ul { display: flex; flex-wrap: wrap; gap: 4px 26px; padding: 12px 0; border-bottom: 1px solid var(--line); }
    .months span { color: var(--quiet); font-size: 13px; }
    .filter { display: flex; flex-wrap: wrap; align-items: center; gap: 10px; margin-top: 26px; }
    .filter input, .filter select {
      font: inherit; color: inherit; background: var(--sunk); border: 1px solid var(--line); border-radius: 9px;
      padding: 8px 13px; min-width: 0;
    }
    .filter input { flex: 0 1 360px; }
    .filter output { color: var(--quiet); font-size: 14px; }
    .day { margin-top: 52px; padding-top: 20px; border-top: 1px solid var(--line); }
    .runs {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 44px 32px;
      margin-top: 22px; align-items: start;
    }
    .run { min-width: 0; break-inside: avoid; }
    .pictures {
      display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; aspect-ratio: 3 / 2; padding: 12px;
      background: var(--sunk); border-radius: 12px; overflow: hidden;
    }
    .pair { grid-template-columns: minmax(0, 4fr) minmax(0, 7fr); }
    .pictures figure { min-width: 0; min-height: 0; display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1fr); }
    .pictures figure.mark { display: flex; }
    figcaption { color: var(--quiet); font-size: 11.5px; line-height: 1; text-align: center; padding-top: 9px; }
    .pictures img { display: block; width: 100%; height: 100%; object-fit: contain; }
    .mark {
      display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px;
      color: var(--quiet); text-align: center; font-size: 14px;
    }
    .mark svg { width: 58px; height: 58px; }
    .mark bdi { font: 500 13px/1 var(--mono); letter-spacing: .08em; }
    .marks { position: absolute; }
    symbol path { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .absent { color: var(--fair); border: 1px dashed var(--line); border-radius: 8px; padding: 12px; }
    .words { overflow: hidden; display: flex; align-items: center; justify-content: center; padding: 6px 16px; }
    .words blockquote {
      font: 17px/1.5 var(--serif); display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6;
      overflow: hidden;
    }
    .others { display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 8px; margin-top: 8px; }
    .others li { aspect-ratio: 1; background: var(--sunk); border-radius: 8px; overflow: hidden; }
    .others img { display: block; width: 100%; height: 100%; object-fit: cover; }
    .others .mark { gap: 6px; padding: 4px; font-size: 13px; }
    .others .mark svg { width: 26px; height: 26px; }
    .others .mark bdi { font-size: 10px; }
    .about { padding: 14px 2px 0; }
    .head { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 12px; color: var(--quiet); font-size: 13.5px; }
    .head .good { color: var(--good); background: none; padding: 0; }
    .head .plain { color: var(--quiet); }
    .prompt {
      font: 17px/1.5 var(--serif); margin-top: 8px; display: -webkit-box; -webkit-box-orient: vertical;
      -webkit-line-clamp: 4; overflow: hidden; white-space: pre-line;
    }
    .error { color: var(--bad); margin-top: 8px; font-size: 14.5px; }
    .about dl { margin-top: 10px; font-size: 13px; }
    .about dl div { display: grid; grid-template-columns: 86px minmax(0, 1fr); gap: 10px; padding: 2px 0; }
    dt { color: var(--quiet); white-space: nowrap; }
    dd { font-family: var(--mono); font-size: 12px; line-height: 1.65; }
    .file { display: flex; gap: 10px; }
    .file a, .cut { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .file span { color: var(--quiet); white-space: nowrap; }
    .nothing { margin-top: 52px; color: var(--quiet); }
    .problems { margin-top: 64px; padding-top: 20px; border-top: 1px solid var(--line); }
    .problems ul { margin-top: 16px; }
    .problems li { padding: 12px 0; border-top: 1px solid var(--line); }
    .problems li p { color: var(--bad); font-size: 14px; }
    .turning {
      display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px 28px; margin-top: 64px;
      padding-top: 20px; position: relative;
    }
    .turning::before { content: ""; position: absolute; inset: 0 36px auto; border-top: 1px solid var(--line); }
    footer { padding-top: 40px; padding-bottom: 64px; color: var(--quiet); font-size: 13.5px; }
    @media (max-width: 560px) {
      header, main, footer, .turning { padding-inline: 18px; }
      .turning::before { inset-inline: 18px; }
      header { padding-top: 36px; }
      .day { margin-top: 40px; }
      .runs { gap: 36px; }
      .filter input { flex: 1 1 100%; }
    }
    @media print {
      @page { margin: 14mm 12mm; }
      :root {
        --paper: #fff; --sunk: #f4f4f2; --line: #ccc; --ink: #000; --quiet: #555; --link: #000; --good: #000;
        --fair: #000; --fair-back: #eee; --bad: #000; --bad-back: #eee;
      }
      body { font-size: 9.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
      header, main, footer { max-width: none; padding-inline: 0; }
      header { padding-top: 0; }
      h1 { font-size: 26pt; }
      h2 { font-size: 15pt; break-after: avoid; }
      .filter, .turning { display: none; }
      .day { margin-top: 9mm; padding-top: 4mm; }
      .runs { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 6mm; margin-top: 3mm; }
      .pictures { padding: 2mm; gap: 2mm; border-radius: 2mm; }
      .others { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 1mm; margin-top: 1mm; }
      .about { padding-top: 2mm; }
      .prompt { font-size: 10pt; margin-top: 1mm; -webkit-line-clamp: 3; }
      .about dl, .head, .error { font-size: 7.5pt; margin-top: 1mm; }
      .state { font-size: 7.5pt; padding: 0 2mm; }
      .about dl div { grid-template-columns: 17mm minmax(0, 1fr); gap: 1mm; padding: 0; }
      .others .mark { gap: .5mm; padding: 0; font-size: 6.5pt; }
      .others .mark svg { width: 4mm; height: 4mm; }
      .others .mark bdi { font-size: 5.5pt; }
      figcaption { font-size: 6.5pt; padding-top: 1mm; }
      dd { font-size: 7pt; }
      .file { flex-wrap: wrap; gap: 0 3mm; }
      .file a, .cut { white-space: normal; }
      a { text-decoration: none; }
    }

    """

  /// Hides the bundles of the page that do not hold the words looked for, and the days that have none left.
  static let script: StaticString = """

    (function () {
      var bar = document.querySelector(".filter");
      if (!bar) return;
      var words = bar.querySelector("input"), state = bar.querySelector("select"), told = bar.querySelector("output");
      var runs = Array.from(document.querySelectorAll(".run"), function (node) {
        return { node: node, state: node.dataset.state, text: node.textContent.toLowerCase() };
      });
      var days = Array.from(document.querySelectorAll(".day"));
      function apply() {
        var parts = words.value.toLowerCase().split(/\\s+/).filter(Boolean), shown = 0;
        runs.forEach(function (run) {
          var fits = (!state.value || run.state === state.value) &&
            parts.every(function (part) { return run.text.indexOf(part) >= 0; });
          run.node.hidden = !fits;
          if (fits) shown += 1;
        });
        days.forEach(function (day) { day.hidden = !day.querySelector(".run:not([hidden])"); });
        told.textContent = parts.length || state.value ? shown + " of " + runs.length : "";
      }
      words.addEventListener("input", apply);
      state.addEventListener("change", apply);
      bar.hidden = false;
      apply();
    })();

    """
}
