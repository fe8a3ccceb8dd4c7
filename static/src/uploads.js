// @ts-check
// The upload queue of the library of announcements: several files at once with
// progress, also files dropped onto the page. The browser converts the kinds that
// the server does not read. All texts come from attributes of #add-announcements.

import {find, findAll, get, message, parse, setText} from "./dom.js";
import {answerHeader, outcomeText} from "./answers.js";
import {ajax} from "./first_use.js";
import {checkAnswer} from "./request.js";
import {maxDecoded, serverReads, wavName} from "./upload_rules.js";
import {decodingRate, encode, mix} from "./wav.js";

const maxUploads = 2; // at once, as many as the server takes of one member

/**
 * @typedef {object} Upload a file on its way
 * @property {File} file
 * @property {boolean} trim
 * @property {HTMLElement} line of the queue
 * @property {"waiting" | "reading" | "sending" | "converting" | "done" | "failed"} state
 * @property {XMLHttpRequest} [request]
 */

/** @type {Upload[]} */
const uploads = [];

// A Refusal has a text for people, and the code of the server's error.
class Refusal extends Error {
	/**
	 * @param {string | undefined} text
	 * @param {string} [code]
	 */
	constructor(text, code) {
		super(code ?? text);
		this.text = text ?? "";
		this.code = code;
	}
}

const section = () => get("#add-announcements");

/**
 * text returns a text of the section.
 * @param {string} key
 */
const text = key => section().dataset[key] ?? "";

/** limits are what the server takes. */
function limits() {
	const {max, seconds, extensions = ""} = section().dataset;
	return {bytes: Number(max), seconds: Number(seconds), endings: extensions.split(",")};
}

/**
 * addFiles puts files into the queue.
 * @param {Iterable<File>} files
 * @param {boolean} trim
 */
export function addFiles(files, trim) {
	for (const file of files) {
		/** @type {HTMLTemplateElement} */
		const template = get("#line");
		const line = /** @type {HTMLElement} */ (/** @type {Element} */ (template.content.firstElementChild).cloneNode(true));
		for (const e of findAll(".name, .again .vh", line)) setText(e, file.name);
		get(".away .vh", line).append(file.name);
		get("progress", line).setAttribute("aria-label", file.name);
		/** @type {Upload} */
		const upload = {file, trim, line, state: "waiting"};
		get(".again", line).addEventListener("click", () => { show(upload, "waiting"); next(); });
		get(".away", line).addEventListener("click", () => remove(upload));
		get("#queue").append(line);
		uploads.push(upload);
	}
	next();
}

/**
 * show shows the state of an upload.
 * @param {Upload} upload
 * @param {Upload["state"]} state
 * @param {string} [says]
 */
function show(upload, state, says = text(state)) {
	upload.state = state;
	upload.line.dataset.state = state;
	get(".again", upload.line).hidden = state !== "failed";
	/** @type {HTMLProgressElement} */
	const progress = get("progress", upload.line);
	if (state !== "sending") progress.value = 0;
	setText(find(".says", upload.line), says);
}

/** @param {Upload} upload */
function remove(upload) {
	upload.request?.abort();
	uploads.splice(uploads.indexOf(upload), 1);
	upload.line.remove();
	get("form[data-upload] input[type=file]", section()).focus();
	next();
}

const busy = () => uploads.filter(u => ["reading", "sending", "converting"].includes(u.state));

function next() {
	const upload = busy().length < maxUploads ? uploads.find(u => u.state === "waiting") : undefined;
	if (!upload) return;
	execute(upload)
		.catch(e => show(upload, "failed", e instanceof Refusal ? e.text : text("unreadable")))
		.finally(() => { if (uploads.includes(upload)) next(); });
	next();
}

/**
 * execute brings one file into the library. The browser may be able to read what
 * the server cannot.
 * @param {Upload} upload
 */
async function execute(upload) {
	const asIs = serverReads(upload.file, limits());
	if (!asIs) upload.file = await converted(upload);
	let answer;
	try {
		answer = await send(upload);
	} catch (refused) {
		if (!asIs || !(refused instanceof Refusal) || refused.code !== "audio_unsupported") throw refused;
		upload.file = await converted(upload).catch(() => { throw refused; });
		answer = await send(upload);
	}
	show(upload, "done", "");
	get(".says", upload.line).replaceChildren(answer);
	refreshLibrary();
}

/**
 * converted returns a WAV file of what the browser hears in a file. It fails if
 * the browser cannot read it.
 * @param {Upload} upload
 */
async function converted(upload) {
	show(upload, "reading");
	if (upload.file.size > maxDecoded) throw new Refusal(text("tooLarge"));
	const heard = await new OfflineAudioContext(1, 1, decodingRate).decodeAudioData(await upload.file.arrayBuffer());
	if (heard.length > limits().seconds * decodingRate) throw new Refusal(text("tooLong"));
	const channels = Array.from({length: heard.numberOfChannels}, (_, c) => heard.getChannelData(c));
	return wavFile(mix(channels), decodingRate, wavName(upload.file.name));
}

/**
 * wavFile returns a WAV file with a name.
 * @param {Float32Array<ArrayBuffer>} samples
 * @param {number} rate
 * @param {string} name
 */
export function wavFile(samples, rate, name) {
	return new File([encode(samples, rate)], name, {type: "audio/wav"});
}

/**
 * send uploads the file, and resolves to what the server shows of it.
 * @param {Upload} upload
 * @returns {Promise<Node>}
 */
function send(upload) {
	/** @type {HTMLFormElement} */
	const form = get("form[data-upload]", section());
	const request = upload.request = new XMLHttpRequest(), body = new FormData();
	if (upload.trim) body.append("trim", "true");
	body.append("file", upload.file, upload.file.name);
	show(upload, "sending", text("sending").replace("{n}", "0"));
	request.upload.addEventListener("progress", p => {
		const percent = Math.floor(100 * p.loaded / p.total);
		if (percent >= 100) return show(upload, "converting");
		/** @type {HTMLProgressElement} */
		const progress = get("progress", upload.line);
		progress.value = percent;
		setText(find(".says", upload.line), text("sending").replace("{n}", String(percent)));
	});
	return new Promise((resolve, reject) => {
		const sent = navigator.onLine;
		request.addEventListener("error", () => reject(new Refusal(sent ? text("unreachable") : message("unsent"))));
		request.addEventListener("abort", () => reject(new Refusal("")));
		request.addEventListener("load", () => {
			const headers = {get: (/** @type {string} */ name) => request.getResponseHeader(name)};
			if (headers.get(answerHeader) === null) { // a server in front of us refused it, or hides our answer
				const [key, n] = outcomeText({method: "POST", sent: true, status: request.status});
				return reject(new Refusal(key === "unreachable" ? text("unreachable") : message(key, n)));
			}
			checkAnswer({status: request.status, headers}); // and the upload failed
			const answer = parse(request.responseText), error = find("[data-error]", answer);
			if (request.status < 400) return resolve(document.importNode(get(".uploaded", answer), true));
			if (request.status !== 429) return reject(new Refusal(error?.textContent?.trim() ?? text("unreachable"), error?.dataset.error));
			show(upload, "reading", text("waiting")); // another window uploads as well: the file keeps its place here
			setTimeout(() => send(upload).then(resolve, reject), 1000 * Number(request.getResponseHeader("Retry-After") || 1));
		});
		request.open("POST", form.action);
		request.setRequestHeader("HX-Request", "true");
		request.send(body);
	});
}

// refreshLibrary brings the list below up to date; a refresh that is asked for
// while another is under way follows it.
let refreshing = false, again = false;
async function refreshLibrary() {
	again = true;
	if (refreshing) return;
	refreshing = true;
	while (again) {
		again = false;
		await ajax("GET", location.pathname + location.search, {source: get("#library"), target: "#library", select: "#library", swap: "outerMorph"});
	}
	refreshing = false;
}

/** @param {HTMLFormElement} form */
const isTrimmed = form => /** @type {HTMLInputElement} */ (form.elements.namedItem("trim")).checked;

/**
 * startDrop takes files that are dropped anywhere onto the page.
 * @param {HTMLFormElement} form
 */
function startDrop(form) {
	const zone = get("#drop");
	/** @param {DragEvent} e */
	const carriesFiles = e => e.dataTransfer?.types.some(t => t.toLowerCase() === "files") ?? false;
	/** @param {DragEvent} e */
	function over(e) {
		if (!carriesFiles(e)) return;
		e.preventDefault();
		if (e.dataTransfer) e.dataTransfer.dropEffect = "copy";
		zone.hidden = false;
	}
	document.addEventListener("dragenter", over);
	document.addEventListener("dragover", over);
	document.addEventListener("dragleave", e => { if (!e.relatedTarget) zone.hidden = true; });
	document.addEventListener("drop", e => {
		zone.hidden = true;
		if (!carriesFiles(e)) return;
		e.preventDefault();
		addFiles(e.dataTransfer?.files ?? [], isTrimmed(form));
	});
}

/** startUploads prepares the library. */
export function startUploads() {
	if (!find("#add-announcements")) return; // the member may only listen
	/** @type {HTMLFormElement} */
	const form = get("form[data-upload]", section());
	/** @type {HTMLInputElement} */
	const input = get("input[type=file]", form);
	input.multiple = true;
	for (const hint of findAll("[data-plain], [data-scripted]", form)) hint.hidden = "plain" in hint.dataset;
	const send = () => {
		addFiles([...input.files ?? []], isTrimmed(form));
		input.value = "";
	};
	input.addEventListener("change", send);
	form.addEventListener("submit", e => { e.preventDefault(); send(); });
	addEventListener("beforeunload", e => { if (busy().length) e.preventDefault(); });
	startDrop(form);
}
