// A screen on a wall, which nobody looks after for days: it comes back after
// every break, says when what it shows is old, and loads itself anew when the
// server has changed. There are no words in here.
"use strict";
(() => {
	const {feed, cut, stale, never} = document.body.dataset;
	if (!feed) return;
	const $ = selector => document.querySelector(selector);
	const put = (e, text) => { if (e && e.textContent !== text) e.textContent = text; };
	const pad = n => String(n).padStart(2, "0");

	let socket = null, heardAt = Date.now(), lostAt = Date.now(), connected = false;
	let wait = 500, timer = 0, gone = false, offset = 0;
	const version = $("#wall").dataset.version;

	function duration(ms) {
		const s = Math.max(0, Math.floor(ms / 1000)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
		return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
	}

	// paint brings up to date what depends on the time: the server's, not the
	// screen's, whose clock may be wrong.
	function paint() {
		const wall = $("#wall"), t = Date.now() + offset;
		if (!wall || gone) return;
		const local = new Date(t + 1000 * wall.dataset.zone);
		put($(".now"), `${pad(local.getUTCHours())}:${pad(local.getUTCMinutes())}`);
		for (const e of document.querySelectorAll("time[data-since]")) put(e, duration(t - e.dataset.since));
		const listed = Number(wall.dataset.listed), age = Math.floor((t - listed) / 1000);
		let why = "";
		if (!connected && Date.now() - lostAt > 4000) why = cut;
		else if (!listed) why = never;
		else if (age >= 15) why = stale.replace("{n}", age);
		wall.toggleAttribute("data-off", why !== "");
		const told = $(".stale"), text = why || wall.dataset.problem;
		told.hidden = !text;
		put(told.querySelector("span"), text);
	}

	function take(text) {
		const frame = JSON.parse(text);
		const next = new DOMParser().parseFromString(frame.content, "text/html").getElementById("wall");
		if (!next) return;
		if (next.dataset.version !== version) return location.reload();
		offset = Number(next.dataset.now) - Date.now();
		$("#wall")?.replaceWith(document.importNode(next, true));
		paint();
	}

	function connect() {
		clearTimeout(timer);
		timer = 0;
		if (socket) { socket.onclose = socket.onmessage = socket.onopen = null; socket.close(); }
		heardAt = Date.now();
		const s = socket = new WebSocket(new URL(feed, location.href.replace(/^http/, "ws")));
		s.onmessage = e => {
			heardAt = Date.now();
			connected = true;
			wait = 500;
			show(true);
			take(e.data);
		};
		s.onclose = e => {
			if (connected) lostAt = Date.now();
			connected = false;
			socket = null;
			if (e.code === 4401 || e.code === 4403) show(false);
			else if (e.code === 1006) ask();
			again();
		};
	}

	// again comes back, sooner at first; to a link that is gone once a minute, in
	// case that was somebody else's mistake.
	function again() {
		if (timer) return;
		timer = setTimeout(connect, gone ? 60_000 : wait * (.75 + Math.random() / 2));
		wait = Math.min(wait * 1.6, 5000);
		paint();
	}

	// ask finds out why the feed was refused: a network that is away looks the same.
	function ask() {
		fetch(location.href, {method: "HEAD", cache: "no-store"}).then(r => { if (r.status === 404) show(false); }, () => {});
	}

	// show says that the link was withdrawn, and forgets what it showed.
	function show(there) {
		if (gone === !there) return;
		gone = !there;
		if (there) return location.reload();
		$("#wall")?.replaceChildren();
		$("#wall").hidden = true;
		$("#gone").hidden = false;
	}

	// A screen that sleeps shows nothing.
	function awake() {
		if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
	}

	offset = Number($("#wall").dataset.now) - Date.now();
	connect();
	awake();
	paint();
	document.addEventListener("visibilitychange", awake);
	addEventListener("online", connect);
	setInterval(paint, 500);
	setInterval(() => {
		if (socket && Date.now() - heardAt > 35_000) {
			if (connected) lostAt = Date.now();
			connected = false;
			connect();
		}
	}, 5000);
})();
