// The library of announcements: several uploads at once with progress, files
// dropped onto the page, other kinds of sound converted by the browser. Comes
// after app.js and wav.js; what is said comes from the attributes of #adding.
"use strict";
(() => {
	const {$, all, put, wav} = window.callboard;
	const adding = $("#adding"), queue = $("#queue");
	const atOnce = 2; // as many as the server takes of one person

	// Of several announcements one is heard.
	document.addEventListener("play", e => {
		for (const a of all("audio")) if (a !== e.target) a.pause();
	}, true);

	if (!adding) return;
	const limits = {bytes: Number(adding.dataset.max), seconds: Number(adding.dataset.seconds), endings: adding.dataset.endings.split(",")};
	const form = $("form[data-upload]", adding), input = $("input[type=file]", form);
	input.multiple = true;
	for (const hint of all("[data-plain], [data-scripted]", form)) hint.hidden = "plain" in hint.dataset;

	// ---- A file on its way: waiting, reading, sending, converting, and then
	// done or failed.

	const items = [];

	// add puts files into the queue.
	function add(files, trim) {
		for (const file of files) {
			const line = $("#line").content.firstElementChild.cloneNode(true);
			for (const e of all(".name, .again .vh", line)) e.textContent = file.name;
			$(".away .vh", line).append(file.name);
			$("progress", line).setAttribute("aria-label", file.name);
			const item = {file, trim, line, state: "waiting"};
			$(".again", line).addEventListener("click", () => { say(item, "waiting"); next(); });
			$(".away", line).addEventListener("click", () => remove(item));
			queue.append(line);
			items.push(item);
		}
		next();
	}

	function say(item, state, text = adding.dataset[state] ?? "") {
		item.state = item.line.dataset.state = state;
		$(".again", item.line).hidden = state !== "failed";
		if (state !== "sending") $("progress", item.line).value = 0;
		put($(".says", item.line), text);
	}

	function remove(item) {
		item.request?.abort();
		items.splice(items.indexOf(item), 1);
		item.line.remove();
		input.focus();
		next();
	}

	const busy = () => items.filter(i => ["reading", "sending", "converting"].includes(i.state));

	function next() {
		const item = busy().length < atOnce && items.find(i => i.state === "waiting");
		if (!item) return;
		work(item).catch(e => say(item, "failed", e.words ?? adding.dataset.unreadable)).finally(() => items.includes(item) && next());
		next();
	}

	// A Refusal has words for people.
	class Refusal extends Error {
		constructor(words, code) { super(code ?? words); this.words = words; this.code = code; }
	}

	// work brings one file into the library. What the server cannot read, the
	// browser may be able to.
	async function work(item) {
		const own = limits.endings.some(e => item.file.name.toLowerCase().endsWith(e)) && item.file.size <= limits.bytes;
		if (!own) item.file = await converted(item);
		let answer;
		try {
			answer = await send(item);
		} catch (e) {
			if (!own || e.code !== "audio_unsupported") throw e;
			const refused = e;
			item.file = await converted(item).catch(() => { throw refused; });
			answer = await send(item);
		}
		say(item, "done", "");
		$(".says", item.line).replaceChildren(answer);
		refresh();
	}

	const most = 256 << 20; // bytes of a file that the browser is asked to decode

	async function converted(item) {
		say(item, "reading");
		if (item.file.size > most) throw new Refusal(adding.dataset.tooLarge);
		const samples = await wav.decoded(item.file);
		if (samples.length > limits.seconds * wav.decodingRate) throw new Refusal(adding.dataset.tooLong);
		return wav.file(samples, wav.decodingRate, item.file.name.replace(/\.[^.]*$/, "") + ".wav");
	}

	// send uploads the file, and promises what the server shows of it.
	function send(item) {
		const request = item.request = new XMLHttpRequest(), body = new FormData();
		if (item.trim) body.append("trim", "true");
		body.append("file", item.file, item.file.name);
		say(item, "sending", adding.dataset.sending.replace("{n}", 0));
		request.upload.addEventListener("progress", p => {
			const percent = Math.floor(100 * p.loaded / p.total);
			if (percent >= 100) return say(item, "converting");
			$("progress", item.line).value = percent;
			put($(".says", item.line), adding.dataset.sending.replace("{n}", percent));
		});
		return new Promise((done, fail) => {
			request.addEventListener("error", () => fail(new Refusal(adding.dataset.unreachable)));
			request.addEventListener("abort", () => fail(new Refusal("")));
			request.addEventListener("load", () => {
				if (request.status === 401) document.dispatchEvent(new Event("session:over")); // and it failed
				const answer = new DOMParser().parseFromString(request.responseText, "text/html");
				if (request.status < 400) return done(document.importNode($(".became", answer), true));
				const code = $("[data-error]", answer)?.dataset.error;
				if (request.status !== 429) return fail(new Refusal($("[data-error]", answer)?.textContent.trim() ?? adding.dataset.unreachable, code));
				say(item, "reading", adding.dataset.waiting); // another window uploads as well: it keeps its place here
				setTimeout(() => send(item).then(done, fail), 1000 * (request.getResponseHeader("Retry-After") || 1));
			});
			request.open("POST", form.action);
			request.setRequestHeader("HX-Request", "true");
			request.send(body);
		});
	}

	// refresh brings the library below up to date; one that is asked for while
	// another is under way follows it.
	let refreshing = null, again = false;
	async function refresh() {
		if (refreshing) return again = true;
		do {
			again = false;
			await (refreshing = htmx.ajax("GET", location.pathname + location.search, {source: $("#library"), target: "#library", select: "#library", swap: "outerMorph"}));
		} while (again);
		refreshing = null;
	}

	form.addEventListener("submit", e => {
		e.preventDefault();
		add(input.files, form.elements.trim.checked);
		input.value = "";
	});
	addEventListener("beforeunload", e => { if (busy().length) e.preventDefault(); });

	// ---- The whole page takes files.

	const drop = $("#drop");
	const carries = e => e.dataTransfer?.types.some(t => t.toLowerCase() === "files");
	for (const kind of ["dragenter", "dragover"]) {
		document.addEventListener(kind, e => {
			if (!carries(e)) return;
			e.preventDefault();
			e.dataTransfer.dropEffect = "copy";
			drop.hidden = false;
		});
	}
	document.addEventListener("dragleave", e => { if (!e.relatedTarget) drop.hidden = true; });
	document.addEventListener("drop", e => {
		drop.hidden = true;
		if (!carries(e)) return;
		e.preventDefault();
		add(e.dataTransfer.files, form.elements.trim.checked);
	});

	window.callboard.sounds = {add};
})();
