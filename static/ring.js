// What a ringing call does: the title, the icon of the tab, a sound, a desktop
// notification. Comes after app.js. Words and choices come from data attributes.
"use strict";
(() => {
	const {$, all, word, put} = window.callboard;
	const choices = () => $("#choices")?.dataset ?? {};

	// ---- The sound: two soft strokes of two bells, made here.

	let audio = null;

	// strike plays one bell: a tone and its fainter overtone that die away.
	function strike(frequency, at, volume) {
		for (const [times, share] of [[1, 1], [2.76, .2]]) {
			const tone = audio.createOscillator(), level = audio.createGain();
			tone.frequency.value = frequency * times;
			level.gain.setValueAtTime(0, at);
			level.gain.linearRampToValueAtTime(volume * share, at + .015);
			level.gain.exponentialRampToValueAtTime(.0001, at + .9);
			tone.connect(level).connect(audio.destination);
			tone.start(at);
			tone.stop(at + 1);
		}
	}

	// ring plays once, at so many percent. Browsers let no page sound before it
	// was clicked on: what had to wait for that is not made up for.
	async function ring(percent) {
		if (!window.AudioContext || !percent) return;
		audio ??= new AudioContext();
		const asked = Date.now();
		if (audio.state !== "running") await audio.resume();
		if (Date.now() - asked > 500) return;
		[[659.26, 0], [830.61, .22], [659.26, .7], [830.61, .92]].forEach(([f, after]) =>
			strike(f, audio.currentTime + .02 + after, .35 * (percent / 100) ** 2));
	}

	// ---- When it is quiet.

	// quiet tells whether nothing rings at a moment, for hours "from to days":
	// minutes of the day, and bits of the days on which they begin, Monday first.
	function quiet(hours, at) {
		if (!hours) return false;
		const [from, to, days] = hours.split(" ").map(Number);
		const minute = at.getHours() * 60 + at.getMinutes(), today = (at.getDay() + 6) % 7;
		const on = day => Boolean(days & 1 << (day + 7) % 7);
		if (from < to) return on(today) && minute >= from && minute < to;
		return on(today) && minute >= from || on(today - 1) && minute < to;
	}

	window.callboard.bell = {ring, quiet};

	const words = $("#ring")?.dataset;
	if (!words) return;

	// ---- One tab rings, however many are open: the one that was used last, for
	// there the browser lets it sound.

	let leads = !navigator.locks && !window.BroadcastChannel;

	// lead waits for the lock of all tabs, or takes it from another one. Who loses
	// it waits for it again.
	let waiting = null;
	function lead(steal) {
		waiting?.abort();
		const mine = waiting = steal ? null : new AbortController();
		navigator.locks.request("callboard-ring", steal ? {steal} : {signal: mine.signal}, () => {
			leads = true;
			look();
			return new Promise(() => {});
		}).catch(() => {
			if (mine?.signal.aborted) return;
			leads = false;
			lead(false);
		});
	}

	// confer is the same without locks: the tab rings that claimed it last.
	function confer() {
		const channel = new BroadcastChannel("callboard-ring");
		let claimed = 0;
		const claim = () => { leads = true; channel.postMessage(claimed = Date.now() + Math.random()); };
		channel.onmessage = e => {
			if (!e.data) claim(); // who had it is gone
			else if (e.data > claimed) leads = false;
		};
		addEventListener("pagehide", () => channel.postMessage(0));
		claim();
		return claim;
	}

	let claim = () => {};
	if (navigator.locks) {
		lead(false);
		claim = () => lead(true);
	} else if (window.BroadcastChannel) {
		claim = confer();
	}
	for (const kind of ["focus", "pointerdown", "keydown"]) addEventListener(kind, () => { if (!leads) claim(); });

	// ---- Which calls ring here.

	const me = word("me");
	const concerns = row => choices().all === "on" || row.dataset.who.split(" ").includes(me);
	const title = document.title, icon = $("link[rel=icon]"), still = icon.href;
	const shown = new Map(); // notifications by row
	let known = new Set(), rangAt = 0;

	// look compares what rings with what rang.
	function look() {
		const rows = all("#board .row[data-rings]").filter(concerns);
		const fresh = rows.filter(row => !known.has(row.id));
		if (rows.length !== known.size || fresh.length) {
			document.title = rows.length ? `(${rows.length}) ${title}` : title;
			icon.href = rows.length ? words.icon : still;
			if (fresh.length) put($("#said"), rows.length === 1 ? words.one : words.more.replace("{n}", rows.length));
		}
		known = new Set(rows.map(row => row.id));
		for (const [id, n] of shown) if (!known.has(id)) { n.close(); shown.delete(id); }
		if (!leads || !rows.length || quiet(choices().quiet, new Date())) return;
		for (const row of rows) notify(row);
		if (fresh.length || Date.now() - rangAt >= 4000) {
			rangAt = Date.now();
			ring(Number(choices().volume));
		}
	}

	const inFront = () => document.visibilityState === "visible" && document.hasFocus();

	// notify shows a call on the desktop, once.
	function notify(row) {
		if (shown.has(row.id) || choices().notify !== "on" || inFront() || window.Notification?.permission !== "granted") return;
		const name = $(".who h3", row).textContent.trim(), inside = $(".us p", row)?.textContent.trim();
		let n;
		try {
			n = new Notification(words.from.replace("{n}", name), {body: inside && words.for.replace("{n}", inside), tag: row.id, icon: $("link[rel=apple-touch-icon]")?.href, silent: true});
		} catch {
			return; // telephones show none without more effort
		}
		shown.set(row.id, n);
		n.onclick = () => {
			window.focus();
			n.close();
			const now = document.getElementById(row.id);
			now?.scrollIntoView({block: "center"});
			now?.focus();
		};
	}

	// ---- Choices that were made elsewhere count here at once.

	function obey() {
		const {theme, lang} = choices(), root = document.documentElement;
		if (theme) root.dataset.theme = theme;
		else delete root.dataset.theme;
		if (lang && lang !== root.lang && !$("dialog[open]")) location.reload();
	}

	document.addEventListener("htmx:ws:after:message:incoming", () => { obey(); look(); });
	setInterval(look, 1000);
	addEventListener("pagehide", () => { for (const n of shown.values()) n.close(); });
	look();

	// ---- Whether to show notifications is asked once in a browser, after a click
	// on the board, when the browser has not been asked yet.

	const asks = $("#ring-ask"), asked = "callboard-ring-asked";

	function done() {
		asks.hidden = true;
		try { localStorage.setItem(asked, "1"); } catch { /* asked again next time */ }
	}

	function mayAsk() {
		try {
			return window.Notification?.permission === "default" && !localStorage.getItem(asked);
		} catch {
			return false;
		}
	}

	document.addEventListener("click", e => {
		if (e.target.closest?.("#board, .head") && mayAsk()) asks.hidden = false;
	});
	asks.addEventListener("click", async e => {
		const answer = e.target.closest("button")?.value;
		if (!answer) return;
		done();
		if (answer !== "yes" || await Notification.requestPermission() !== "granted") return;
		await fetch("/settings/toggle", {method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams({notify: "true"})}).catch(() => null);
	});
})();
