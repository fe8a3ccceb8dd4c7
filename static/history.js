// The history: outlines of sounds, marks, and what comes new. Without it there
// are players, forms and reloads. Comes after act.js.
"use strict";
(() => {
	const {$, all, put} = window.callboard;

	// ---- Sounds. One plays at a time; its outline is fetched when it does, on
	// the page of one call at once, and leads to a place in it.

	const svg = "http://www.w3.org/2000/svg";

	async function draw(wave) {
		if (wave.dataset.drawn) return;
		wave.dataset.drawn = "1";
		let outline;
		try {
			const answer = await fetch(wave.dataset.outline, {headers: {Accept: "application/json"}});
			if (!answer.ok) return;
			outline = await answer.json();
		} catch {
			return; // the player works all the same
		}
		const picture = document.createElementNS(svg, "svg");
		const {bars} = outline, wide = 4;
		picture.setAttribute("viewBox", `0 0 ${bars.length * wide} 100`);
		picture.setAttribute("preserveAspectRatio", "none");
		bars.forEach((loud, i) => {
			const bar = document.createElementNS(svg, "rect"), height = Math.max(3, loud);
			for (const [name, value] of Object.entries({x: i * wide + .5, y: (100 - height) / 2, width: wide - 1, height, rx: 1})) bar.setAttribute(name, value);
			picture.append(bar);
		});
		wave.replaceChildren(picture);
		wave.dataset.seconds = outline.seconds;
		wave.hidden = false;
		follow(wave.parentElement.querySelector("audio"));
	}

	const lengthOf = (audio, wave) => Number.isFinite(audio.duration) ? audio.duration : Number(wave.dataset.seconds);

	function follow(audio) {
		const wave = audio.parentElement.querySelector(".wave");
		if (!wave?.dataset.seconds) return;
		const bars = [...wave.querySelectorAll("rect")], played = audio.currentTime / lengthOf(audio, wave) * bars.length;
		bars.forEach((bar, i) => bar.toggleAttribute("data-played", i < played));
	}

	document.addEventListener("play", e => {
		const wave = e.target.closest?.(".recording")?.querySelector(".wave");
		if (!wave) return;
		for (const other of all("audio")) if (other !== e.target) other.pause();
		draw(wave);
	}, true);
	for (const kind of ["timeupdate", "seeked"]) {
		document.addEventListener(kind, e => { if (e.target.closest?.(".recording")) follow(e.target); }, true);
	}
	document.addEventListener("click", e => {
		const wave = e.target.closest?.(".wave");
		if (!wave) return;
		const audio = wave.parentElement.querySelector("audio"), box = wave.getBoundingClientRect();
		const go = () => { audio.currentTime = (e.clientX - box.left) / box.width * lengthOf(audio, wave); };
		if (audio.readyState > 0) return go();
		audio.addEventListener("loadedmetadata", go, {once: true});
		audio.load();
	});
	const drawAlone = () => all(".past-entry .wave").slice(0, 3).forEach(draw);

	// ---- Marks. What is shown comes from the server; only the form is put away.

	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail, noting = ctx.sourceElement?.closest?.(".noting");
		if (!noting || ctx.response.status >= 400) return;
		noting.open = false;
		$("summary", noting).focus();
	});
	document.addEventListener("toggle", e => {
		if (!e.target.matches?.(".noting[open]")) return;
		$("textarea", e.target).focus();
		$("form", e.target).scrollIntoView({block: "nearest"});
	}, true);
	document.addEventListener("keydown", e => {
		const open = e.key === "Escape" && e.target.closest?.(".noting[open]");
		if (!open) return;
		open.open = false;
		$("summary", open).focus();
		e.stopPropagation();
	});
	document.addEventListener("click", e => {
		for (const d of all(".noting[open]")) if (!d.contains(e.target)) d.open = false;
	});

	// ---- What is new. The page asks our server, which asks sipgate for all pages
	// of the team together, and only when there may be something.

	const list = $("#past[data-news]"), every = 4000;
	let asking = false;

	async function ask() {
		if (asking || document.hidden) return;
		asking = true;
		try {
			const answer = await fetch(list.dataset.news, {headers: {"HX-Request": "true"}});
			if (answer.status !== 200) return;
			const came = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-news]");
			list.dataset.news = came.dataset.news;
			add([...came.children].filter(row => !list.querySelector(`[data-entry="${CSS.escape(row.dataset.entry)}"]`)));
		} catch {
			// the next time
		} finally {
			asking = false;
		}
	}

	// held is the row that must stay where it is: the one that plays, has the
	// focus, or is under the pointer.
	const held = () => all("audio", list).find(a => !a.paused)?.closest(".row") ??
		document.activeElement?.closest?.("#past .row") ?? list.querySelector(".row:hover");

	function add(rows) {
		if (!rows.length) return;
		const row = held(), before = row?.getBoundingClientRect().top;
		for (const fresh of rows.reverse()) {
			const node = document.importNode(fresh, true);
			node.dataset.fresh = "";
			const next = [...list.children].find(r => Number(r.dataset.at) <= Number(node.dataset.at));
			list.insertBefore(node, next ?? null);
			htmx.process(node);
		}
		for (const e of all(".empty:not([data-search])")) e.hidden = true;
		if (row) {
			const moved = row.getBoundingClientRect().top - before;
			if (Math.abs(moved) > 1) scrollBy({top: moved, behavior: "instant"});
		}
		put($("#said"), list.dataset.said);
	}

	if (list) {
		setInterval(ask, every);
		document.addEventListener("visibilitychange", ask);
	}

	// ---- The page of a call that has just ended looks again, a few times,
	// whether sipgate lists it.

	let wait = 2000;
	function lookAgain() {
		if (!$('#call [data-past="waiting"]') || wait > 150_000) return drawAlone();
		setTimeout(async () => {
			if (!document.hidden) await htmx.ajax("GET", location.pathname, {source: $("#call"), target: "#call", select: "#call", swap: "outerMorph"});
			wait *= 2;
			lookAgain();
		}, wait);
	}
	if ($("#call[data-live]")) {
		const live = setInterval(() => {
			if ($("#call[data-live]")) return;
			clearInterval(live);
			lookAgain();
		}, 1000);
	} else if ($("#call")) {
		lookAgain();
	}
})();
