/// How the dashboard looks, on the ground of the catalogue's pages: from 320 px of a phone to a monitor on a wall.
enum DashboardStyle {
  static let sheet: StaticString = """

    body { font-variant-numeric: tabular-nums; }
    button, input { font: inherit; color: inherit; }
    button {
      background: var(--paper); border: 1px solid var(--line); border-radius: 99px; padding: 7px 18px; cursor: pointer;
      font-weight: 600; white-space: nowrap;
    }
    button:hover { border-color: var(--quiet); }
    button:disabled { opacity: .5; cursor: default; }
    button.main { background: var(--link); border-color: var(--link); color: var(--paper); }
    button.small { font-size: 12.5px; padding: 3px 12px; }
    button.copy { border: 0; background: none; color: var(--link); padding: 4px 2px; font-size: 12.5px; font-weight: 400; }
    ol { list-style: none; margin: 0; padding: 0; }
    header, main, footer, .notice { max-width: 1640px; margin: 0 auto; padding: 0 36px; }
    header { padding-top: 44px; }
    .top { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: flex-start; gap: 18px 32px; }
    .top > div:first-child { flex: 1 1 420px; min-width: 0; }
    .kind { color: var(--quiet); font-size: 13px; letter-spacing: .09em; text-transform: uppercase; }
    .sum { color: var(--quiet); margin-top: 10px; font-size: 16px; max-width: 76ch; }
    .actions { display: flex; flex-wrap: wrap; gap: 10px; padding-top: 26px; }
    #status { display: flex; align-items: center; gap: .32em; }
    #status::before {
      content: ""; flex: none; width: .3em; height: .3em; border-radius: 50%; background: var(--good);
      box-shadow: 0 0 0 .12em color-mix(in srgb, var(--good) 22%, transparent);
    }
    #status.fair::before { background: var(--fair); box-shadow: 0 0 0 .12em var(--fair-back); }
    #status.bad::before { background: var(--bad); box-shadow: 0 0 0 .12em var(--bad-back); }
    #status.bad { color: var(--bad); }
    #told { min-height: 1.6em; margin-top: 10px; font-size: 14px; color: var(--link); }
    #told.bad { color: var(--bad); }
    .counts {
      display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); margin-top: 6px;
      border-block: 1px solid var(--line);
    }
    .counts li { padding: 16px 12px 14px 0; min-width: 0; }
    .counts b { display: block; font: 400 clamp(27px, 3.1vw, 44px)/1.1 var(--serif); letter-spacing: -.01em; }
    .counts span { color: var(--quiet); font-size: 13.5px; }
    .counts .none b { color: var(--quiet); opacity: .6; }
    .counts .bad b { color: var(--bad); }
    .counts .fair b { color: var(--fair); }
    .notice { margin-top: 20px; color: var(--fair); }
    main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 56px; align-items: start; }
    section { margin-top: 40px; min-width: 0; }
    .bar { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 6px 16px; }
    .bar + *, .bar + .nothing { margin-top: 10px; }
    .nothing { color: var(--quiet); margin-top: 10px; }
    .all { margin-top: 14px; }
    .more { color: var(--quiet); font-size: 14px; margin-top: 12px; }
    .rows > li { border-top: 1px solid var(--line); padding: 11px 0; }
    .rows > li:last-child { border-bottom: 1px solid var(--line); }
    .row { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 3px 20px; align-items: baseline; }
    .name { min-width: 0; font-weight: 500; }
    .name .dir { color: var(--quiet); font-weight: 400; }
    .facts { color: var(--quiet); font-size: 13.5px; display: flex; flex-wrap: wrap; gap: 2px 14px; }
    .row > time, .row > .end { color: var(--quiet); font-size: 14px; text-align: right; white-space: nowrap; }
    .steps { display: inline-flex; gap: 3px; vertical-align: 2px; margin-right: 9px; }
    .steps i { width: 15px; height: 4px; border-radius: 2px; background: var(--line); }
    .steps .on { background: color-mix(in srgb, var(--good) 45%, var(--line)); }
    .steps .now { background: var(--good); }
    .reason { color: var(--bad); font-size: 14.5px; margin-top: 2px; }
    .fair .reason { color: var(--fair); }
    .failure { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 20px; align-items: start; }
    .cards {
      display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 172px), 1fr)); gap: 24px 18px;
      align-items: start;
    }
    .card { min-width: 0; font-size: 13.5px; }
    .frame {
      aspect-ratio: 4 / 3; background: var(--sunk); border-radius: 10px; overflow: hidden; margin-bottom: 8px;
      display: flex; align-items: center; justify-content: center; color: var(--quiet); font-size: 13px;
    }
    .frame img { display: block; width: 100%; height: 100%; object-fit: contain; }
    .card .name { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; line-height: 1.35; }
    details { font-size: 12.5px; }
    summary { color: var(--quiet); cursor: pointer; padding: 4px 0; width: fit-content; }
    .id { font: 12px/1.5 var(--mono); }
    .pairs div { display: flex; justify-content: space-between; gap: 14px; padding: 5px 0; }
    .pairs dt { color: var(--quiet); }
    .pairs dd { text-align: right; }
    .use { padding: 7px 0; }
    .use p { display: flex; justify-content: space-between; gap: 14px; }
    .use p span { color: var(--quiet); }
    progress {
      appearance: none; -webkit-appearance: none; display: block; width: 100%; height: 6px; border: 0; margin-top: 6px;
      border-radius: 3px; background: var(--line); overflow: hidden; color: var(--good);
    }
    progress::-webkit-progress-bar { background: var(--line); }
    progress::-webkit-progress-value { background: var(--good); }
    progress::-moz-progress-bar { background: var(--good); }
    .full progress::-webkit-progress-value { background: var(--fair); }
    .full progress::-moz-progress-bar { background: var(--fair); }
    .state { font-size: 12.5px; font-weight: 600; color: var(--good); white-space: nowrap; }
    .state.bad, .soon { color: var(--bad) !important; }
    .state.fair, .near { color: var(--fair) !important; }
    #plot { display: block; width: 100%; height: 210px; margin-top: 8px; }
    #plot text { fill: var(--quiet); font: 11.5px var(--sans); }
    #plot .line { stroke: var(--line); stroke-width: 1; }
    #plot .kept { fill: var(--good); }
    #plot .failed { fill: var(--bad); }
    .legend { display: flex; gap: 18px; color: var(--quiet); font-size: 13px; }
    .legend b { font-weight: 400; margin-left: auto; }
    .legend span::before {
      content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px;
      background: var(--good);
    }
    .legend .failed::before { background: var(--bad); }
    table { border-collapse: collapse; width: 100%; max-width: 420px; font-size: 13px; margin-top: 4px; }
    th, td { text-align: right; padding: 3px 0; border-top: 1px solid var(--line); font-weight: 400; }
    th:first-child { text-align: left; }
    thead th { color: var(--quiet); border-top: 0; }
    footer { margin-top: 56px; padding-bottom: 56px; color: var(--quiet); font-size: 13.5px; }
    dialog {
      width: min(460px, calc(100vw - 36px)); border: 1px solid var(--line); border-radius: 14px; padding: 26px;
      background: var(--paper); color: var(--ink);
    }
    dialog::backdrop { background: rgb(0 0 0 / .45); }
    dialog p { color: var(--quiet); font-size: 14px; margin-top: 6px; }
    dialog p.bad { color: var(--bad); }
    dialog input {
      width: 100%; margin-top: 14px; padding: 9px 13px; border-radius: 9px; border: 1px solid var(--line);
      background: var(--sunk);
    }
    dialog div { display: flex; justify-content: flex-end; gap: 10px; margin-top: 18px; }
    @media (min-width: 1080px) {
      main { grid-template-columns: minmax(0, 1fr) minmax(320px, 400px); }
    }
    @media (min-width: 1900px) {
      body { font-size: 17px; }
      main { grid-template-columns: minmax(0, 1fr) 460px; }
      header, main, footer, .notice { max-width: 1860px; }
    }
    @media (max-width: 620px) {
      header, main, footer, .notice { padding-inline: 18px; }
      header { padding-top: 26px; }
      .actions { padding-top: 0; }
      .counts { grid-template-columns: repeat(3, minmax(0, 1fr)); padding: 6px 0; }
      .counts li { padding: 9px 8px 9px 0; }
      .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px 14px; }
      button { min-height: 40px; }
      button.small, button.copy { min-height: 34px; }
      summary { padding: 8px 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      #status.live::before { animation: breathe 3.6s ease-in-out infinite; }
      @keyframes breathe { 50% { box-shadow: 0 0 0 .26em transparent; } }
    }

    """
}
