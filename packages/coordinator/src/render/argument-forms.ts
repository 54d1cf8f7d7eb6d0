/** What values an argument takes. With another one its program ends at its start, on every machine that has it. */
export interface ArgumentForm {
	readonly takes: (text: string) => boolean;
	/** What it takes, for people. */
	readonly like: string;
}

/** The largest whole number that every argument takes. */
const MOST = 2 ** 31 - 1;
const SECONDS: Readonly<Record<string, number>> = {
	ns: 1e-9,
	us: 1e-6,
	µs: 1e-6,
	μs: 1e-6,
	ms: 1e-3,
	s: 1,
	m: 60,
	h: 3600,
};
/** A length of time that Go holds in 64 bits of nanoseconds. */
const LONGEST = 2 ** 63 * 1e-9;

/** Any text. */
export const TEXT: ArgumentForm = { takes: () => true, like: "a text" };

/** A whole number, not below zero. Go takes one that begins with a zero for octal, which nobody means. */
export const COUNT: ArgumentForm = {
	takes: (text) => /^(?:0|[1-9]\d*)$/.test(text) && Number(text) <= MOST,
	like: "a whole number, like 400",
};

/** What Go takes for true or false. */
export const BOOLEAN: ArgumentForm = {
	takes: (text) => /^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/.test(text),
	like: "true or false",
};

/** A length of time as Go writes it. */
export const DURATION: ArgumentForm = duration({});

/** How long an etcd keeps: hours or revisions as a number, or a length of time. */
export const RETENTION: ArgumentForm = {
	takes: (text) => COUNT.takes(text) || DURATION.takes(text),
	like: "a number, or a time with its unit, like 30m",
};

/** A range of ports: `30000-32767`, or the first one and how many more, `30000+2767`. */
export const PORTS: ArgumentForm = { takes: (text) => parsePorts(text) !== undefined, like: "ports like 30000-32767" };

/** Verbosity by source file. */
export const MODULES: ArgumentForm = {
	takes: (text) => text.split(",").every((part) => part === "" || /^[^=]+=-?\d{1,9}$/.test(part)),
	like: "files with a number each, like reflector=4,lease=6",
};

/** Sizes of caches by resource. */
export const SIZES: ArgumentForm = {
	takes: (text) => text.split(",").every((part) => /^[a-z0-9.-]+#\d{1,9}$/.test(part)),
	like: "resources with a number each, like pods#1000",
};

/** One of a few words. */
export function choice(...words: readonly string[]): ArgumentForm {
	return { takes: (text) => words.includes(text), like: words.join(" or ") };
}

/** A number with a fraction, not below zero. */
export function number(most = Number.MAX_SAFE_INTEGER): ArgumentForm {
	return {
		takes: (text) => /^\d{1,15}(?:\.\d{1,15})?$/.test(text) && Number(text) <= most,
		like: most === Number.MAX_SAFE_INTEGER ? "a number, like 0.1" : `a number up to ${most}`,
	};
}

/** How many requests a second; below zero for as many as there are. */
export const RATE: ArgumentForm = {
	takes: (text) => number().takes(text.replace(/^-/, "")),
	like: "a number, like 50",
};

/** A length of time between two others, in seconds; zero switches off what it is for. */
export function duration({ least = 0, most = LONGEST }: { least?: number; most?: number }): ArgumentForm {
	const takes = (text: string) => {
		const seconds = parseDuration(text);
		return seconds === 0 || (seconds !== undefined && seconds >= least && seconds <= most);
	};
	const bound = least === 0 ? "" : `, ${least} s at least`;
	return { takes, like: `a time with its unit, like 90s, 5m or 1h30m${bound}` };
}

/** Seconds of a length of time as Go writes it (time.ParseDuration); undefined for anything else, and below zero. */
export function parseDuration(text: string): number | undefined {
	if (/^\+?0$/.test(text)) return 0;
	if (!/^\+?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined;
	const parts = text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g);
	const seconds = [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? ""] ?? 0), 0);
	return seconds < LONGEST ? seconds : undefined;
}

/** The first and the last port of a range as Kubernetes writes it; undefined for anything else. */
export function parsePorts(text: string): { readonly first: number; readonly last: number } | undefined {
	const [, from, sign, to] = /^(\d{1,5})([-+])(\d{1,5})$/.exec(text) ?? [];
	if (from === undefined || to === undefined) return undefined;
	const first = Number(from);
	const last = sign === "+" ? first + Number(to) : Number(to);
	return first >= 1 && first <= last && last <= 65535 ? { first, last } : undefined;
}
