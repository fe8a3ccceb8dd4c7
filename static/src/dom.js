// @ts-check
// Short names for what every module does with elements, and the texts for
// people, which all come from the page: #words has them as data attributes.

/**
 * find returns the first element that matches selector, or null.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T | null}
 */
export function find(selector, within = document) {
	return within.querySelector(selector);
}

/**
 * get returns the first element that matches selector. It throws if there is
 * none: the page always has it.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function get(selector, within = document) {
	/** @type {T | null} */
	const element = within.querySelector(selector);
	if (!element) throw new Error("missing: " + selector);
	return element;
}

/**
 * findAll returns all elements that match selector, in the order of the page.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T[]}
 */
export function findAll(selector, within = document) {
	return [.../** @type {NodeListOf<T>} */ (within.querySelectorAll(selector))];
}

/**
 * closest returns the nearest element that matches selector, from the target of
 * an event outwards, or null. Targets may be nodes that are not elements.
 * @template {Element} [T=HTMLElement]
 * @param {EventTarget | null} target
 * @param {string} selector
 * @returns {T | null}
 */
export function closest(target, selector) {
	return target instanceof Element ? target.closest(selector) : null;
}

/**
 * setText changes the text of an element only if it differs, so that observers
 * and screen readers notice changes only.
 * @param {Element | null | undefined} element
 * @param {string} text
 */
export function setText(element, text) {
	if (element && element.textContent !== text) element.textContent = text;
}

/**
 * message returns the text of a key of #words, with n in place of "{n}".
 * @param {string} key
 * @param {string | number} [n]
 */
export function message(key, n = "") {
	return (find("#words")?.dataset[key] ?? "").replace("{n}", String(n));
}

/**
 * parse returns a document made of HTML from the server. Its scripts never run.
 * @param {string} html
 */
export function parse(html) {
	return new DOMParser().parseFromString(html, "text/html");
}

/**
 * processNew prepares elements that have come into the page. When htmx is loaded later,
 * it prepares those that are there.
 * @param {Element} element
 */
export function processNew(element) {
	if ("htmx" in window) htmx.process(element);
}

/**
 * sourceForm returns the form whose request an event of htmx is about, or null
 * if neither a form nor a button of one made the request. Links of a row are
 * buttons of its form.
 * @param {HtmxEvent} event
 */
export function sourceForm(event) {
	const {sourceElement} = event.detail.ctx;
	if (sourceElement instanceof HTMLButtonElement) return sourceElement.form;
	if (sourceElement instanceof HTMLAnchorElement) return sourceElement.closest("form");
	return sourceElement instanceof HTMLFormElement ? sourceElement : null;
}

/**
 * isTyping reports whether the target of an event is an element in which keys
 * have a meaning of their own.
 * @param {EventTarget | null} target
 * @param {string} [more] selectors of further elements, each after a comma
 */
export function isTyping(target, more = "") {
	return closest(target, "input, select, textarea, [contenteditable]" + more) !== null;
}

/** singleKeys reports whether the member's settings allow shortcuts of one character. */
export function singleKeys() {
	return find("#preferences")?.dataset.keys !== "off";
}
