/// How the page looks: light and dark, on paper and on a phone, with the system's own fonts.
enum PreviewStyle {
  /// Nothing runs, nothing is fetched from elsewhere; only this style sheet counts. `file:` is for browsers
  /// that do not take an unpacked bundle's pictures as the page's own.
  static var securityPolicy: String {
    "default-src 'none'; img-src 'self' file:; media-src 'self' file:; "
      + "style-src \(HTML.policySource(of: sheet)); base-uri 'none'; form-action 'none'"
  }

  static let sheet: StaticString = """

    :root {
      color-scheme: light dark;
      --paper: #f5f3ee; --card: #fffefb; --sunk: #eceae3; --line: #dcd8cd; --ink: #22201c;
      --quiet: #6e695f; --link: #1f5a4e; --good: #1f6b4d; --good-back: #e3efe6; --fair: #8a5a0b;
      --fair-back: #f8ecd2; --bad: #9e2f2a; --bad-back: #f8e3df;
      --serif: ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif;
      --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
      --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #151514; --card: #1e1e1c; --sunk: #282725; --line: #363431; --ink: #ecebe6;
        --quiet: #a09b91; --link: #8fd0bd; --good: #8fd6ae; --good-back: #1b2f25; --fair: #ecc27a;
        --fair-back: #352b18; --bad: #f0a39c; --bad-back: #3b201e;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.55 var(--sans); overflow-wrap: anywhere;
    }
    header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 28px; }
    header { padding-top: 56px; }
    h1 { font: 400 clamp(30px, 4.4vw, 46px)/1.15 var(--serif); letter-spacing: -.01em; margin: 0; }
    h2 { font: 400 24px/1.3 var(--serif); margin: 0 0 18px; }
    h3 { font: 600 14px/1.4 var(--sans); margin: 0 0 10px; }
    p, figure, blockquote, dl, dd, ul, pre { margin: 0; }
    a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 3px; }
    a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    .kind { color: var(--quiet); font-size: 13px; letter-spacing: .09em; text-transform: uppercase; }
    .title { display: flex; flex-wrap: wrap; align-items: center; gap: 10px 18px; margin-top: 6px; }
    .state { font-size: 14px; font-weight: 600; padding: 3px 14px; border-radius: 99px; }
    .state.good, .banner.good { color: var(--good); background: var(--good-back); }
    .state.fair, .banner.fair { color: var(--fair); background: var(--fair-back); }
    .banner.plain { background: var(--sunk); }
    .state.bad { color: var(--bad); background: var(--bad-back); }
    .facts {
      display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 16px 28px;
      margin-top: 28px; padding: 20px 0; border-block: 1px solid var(--line);
    }
    dt { color: var(--quiet); font-size: 13px; }
    .code, code, .place { font-family: var(--mono); }
    .facts .wide { grid-column: span 2; }
    .facts .code { font-size: 13.5px; line-height: 1.65; }
    main { padding-top: 24px; padding-bottom: 24px; }
    .banner { padding: 12px 18px; border-radius: 10px; font-size: 15px; }
    .banner strong { font-weight: 650; margin-right: 4px; }
    section, .workflow { margin-top: 44px; }
    .columns > section { margin-top: 36px; min-width: 0; }
    .single header, .single main, .single footer { max-width: 960px; }
    @media (min-width: 880px) {
      .pair .columns { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 0 44px; }
      .even .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
    }
    .group + .group, .group + figure, .group + .scroll, figure + figure, figure + .scroll, .scroll + figure {
      margin-top: 26px;
    }
    .cards {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 240px), 1fr));
      gap: 20px; align-items: start;
    }
    .cards.one { grid-template-columns: minmax(0, 1fr); }
    .cards > figure { margin-top: 0; }
    .card {
      background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden;
      break-inside: avoid;
    }
    .card figcaption { padding: 12px 16px 14px; border-top: 1px solid var(--line); }
    .picture { display: block; background: var(--sunk); }
    .picture img { display: block; max-width: 100%; max-height: 82vh; margin: 0 auto; }
    video { display: block; width: 100%; max-height: 82vh; background: #000; }
    .sound { background: var(--sunk); padding-bottom: 18px; }
    audio { display: block; width: calc(100% - 32px); margin: 0 auto; }
    .badge {
      padding: 44px 16px; background: var(--sunk); color: var(--quiet); text-align: center;
      font: 500 30px/1 var(--mono); letter-spacing: .06em;
    }
    .sound .badge { padding: 30px 16px 22px; font-size: 22px; }
    .card pre, .error pre {
      padding: 16px; background: var(--sunk); font: 14px/1.6 var(--mono); white-space: pre-wrap;
      max-height: 480px; overflow: auto;
    }
    .more { padding: 8px 16px; font-size: 13px; color: var(--quiet); background: var(--sunk); }
    .badge + .more { padding: 0 16px 20px; margin-top: -20px; text-align: center; }
    .name { font-weight: 600; }
    .name a { color: inherit; text-decoration-color: var(--line); }
    .name a:hover { text-decoration-color: currentColor; }
    .label { font-size: 13.5px; margin-bottom: 6px; }
    .node { font-weight: 600; }
    .place { color: var(--quiet); font-size: 12.5px; font-weight: 400; }
    .quiet { color: var(--quiet); font-size: 13.5px; }
    .sum { color: var(--quiet); font-size: 11.5px; line-height: 1.5; margin-top: 6px; }
    .sum span { margin-right: 4px; }
    .absent { border-style: dashed; background: none; }
    .absent .why { padding: 26px 16px; color: var(--fair); font-size: 15px; }
    .prompt figcaption, .seed figcaption { font-size: 13.5px; margin-bottom: 6px; }
    blockquote {
      padding: 2px 0 2px 18px; border-left: 3px solid var(--line); white-space: pre-wrap;
      font: 18px/1.55 var(--serif);
    }
    .seed .code { font-size: 20px; letter-spacing: .01em; }
    table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
    th, td {
      text-align: start; vertical-align: top; padding: 9px 16px 9px 0; border-top: 1px solid var(--line);
    }
    th { font-weight: 400; width: 42%; }
    .scroll { overflow-x: auto; }
    .scroll table { min-width: 420px; }
    .values td { white-space: pre-wrap; }
    td dl div { display: grid; grid-template-columns: minmax(90px, 180px) minmax(0, 1fr); gap: 0 14px; }
    .error { padding: 18px 20px; background: var(--bad-back); border-radius: 12px; }
    .error + .error { margin-top: 12px; }
    .error .label { color: var(--bad); font-family: var(--mono); }
    .error .message { font-size: 17px; white-space: pre-wrap; }
    .error details { margin-top: 12px; }
    .error pre { margin-top: 10px; background: var(--card); border-radius: 8px; font-size: 13px; }
    summary { cursor: pointer; color: var(--quiet); }
    .workflow { border-top: 1px solid var(--line); padding-top: 18px; }
    .workflow summary { font: 400 20px/1.3 var(--serif); color: var(--ink); }
    .workflow table { margin-top: 14px; }
    .documents ul { list-style: none; padding: 0; }
    .documents li { padding: 10px 0; border-top: 1px solid var(--line); }
    .nothing { color: var(--quiet); }
    .cards + .nothing { margin-top: 18px; }
    footer { padding-top: 20px; padding-bottom: 64px; color: var(--quiet); font-size: 13.5px; }
    @media (max-width: 880px) { .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
    @media (max-width: 560px) {
      header, main, footer { padding-inline: 18px; }
      header { padding-top: 32px; }
      .facts { gap: 12px 18px; }
      td dl div { grid-template-columns: minmax(0, 1fr); }
    }
    @media print {
      :root {
        --paper: #fff; --card: #fff; --sunk: #f4f4f4; --line: #ccc; --ink: #000; --quiet: #555;
        --link: #000; --good: #000; --good-back: #f0f0f0; --fair: #000; --fair-back: #f0f0f0; --bad: #000;
        --bad-back: #f0f0f0;
      }
      body { font-size: 11pt; }
      header, main, footer, .single header, .single main, .single footer {
        max-width: none; padding-inline: 0;
      }
      header { padding-top: 0; }
      .pair .columns { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); gap: 0 9mm; }
      .even .columns { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
      .picture img { max-height: 95mm; }
      .facts { grid-template-columns: repeat(4, minmax(0, 1fr)); }
      .card pre, .error pre { max-height: none; overflow: visible; }
      .scroll { overflow-x: visible; }
      .scroll table { min-width: 0; }
      audio { display: none; }
      h2, h3 { break-after: avoid; }
      .prompt, .seed { break-inside: avoid; }
    }

    """
}
