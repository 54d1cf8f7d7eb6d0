/** What a probing pod asks for. `id` comes back with the answer. */
export type Question =
	| { readonly id: string; readonly kind: "page"; readonly url: string; readonly expected?: string }
	/** A server that speaks TLS: asked without, it says so with 400, which is an answer of a server as well. */
	| { readonly id: string; readonly kind: "tls-server"; readonly host: string; readonly port: string }
	| { readonly id: string; readonly kind: "name"; readonly name: string };

/** What one question came to. `reason` is in busybox' words; empty where it is good. */
export interface Answered {
	readonly id: string;
	readonly ok: boolean;
	readonly reason: string;
}

/** So often and so far apart is asked: rules for a new service reach nodes within seconds. */
const TRIES = 4;
const MARK = "rollcall-check";
const MOST_REASON = 200;

/** The longest that the script takes when nothing answers, in seconds: every question at once, each try five seconds and a pause of two. */
export const SCRIPT_SECONDS = TRIES * 7 + 5;

/**
 * A script for busybox' sh that asks all at once and prints a line for each. Values are words in single quotes; wget has no limit of its own in
 * every build of busybox, so timeout(1) gives it one.
 */
export function askingScript(questions: readonly Question[]): string {
	return [
		// What wget or nslookup said last, in one line.
		'last() { grep . "$1" | tail -n 1 | tr -d "\\r" | cut -c 1-160; }',
		`page() { f=/tmp/ask-$1; i=0; while [ $i -lt ${TRIES} ]; do o=$(timeout 5 wget -q -O - "$2" 2>$f); s=$?; if [ $s = 0 ] && { [ -z "$3" ] || [ "$o" = "$3" ]; }; then echo "${MARK} $1 ok"; return; fi; i=$((i+1)); sleep 2; done; if [ $s = 0 ]; then echo "${MARK} $1 no another answered: $o"; else echo "${MARK} $1 no $(last $f)"; fi; }`,
		`tls() { f=/tmp/ask-$1; i=0; while [ $i -lt ${TRIES} ]; do timeout 5 wget -q -O - "http://$2" >$f.out 2>$f && s=0 || s=1; if [ $s = 0 ] || grep -q "HTTP/1.[01] [1-5]" $f; then echo "${MARK} $1 ok"; return; fi; i=$((i+1)); sleep 2; done; echo "${MARK} $1 no $(last $f)"; }`,
		// It asks for both kinds of address, and fails where one is lacking.
		`name() { f=/tmp/ask-$1; i=0; while [ $i -lt ${TRIES} ]; do timeout 5 nslookup "$2" >$f 2>&1; if grep -q "^Name:" $f; then echo "${MARK} $1 ok"; return; fi; i=$((i+1)); sleep 2; done; echo "${MARK} $1 no $(last $f)"; }`,
		...questions.map(line),
		"wait",
		`echo "${MARK} end"`,
	].join("\n");
}

function line(question: Question): string {
	const words = {
		page: ({ url, expected = "" }: Extract<Question, { kind: "page" }>) => ["page", question.id, url, expected],
		"tls-server": ({ host, port }: Extract<Question, { kind: "tls-server" }>) => [
			"tls",
			question.id,
			`${host}:${port}`,
		],
		name: ({ name }: Extract<Question, { kind: "name" }>) => ["name", question.id, name],
	}[question.kind](question as never);
	return `${words.map(quoted).join(" ")} &`;
}

/** A word of the shell. Throws for what cannot be in it; ids, addresses and names have none of it. */
function quoted(word: string): string {
	if (!/^[A-Za-z0-9:/._[\]-]*$/.test(word)) throw new Error(`${JSON.stringify(word)} cannot be asked for`);
	return `'${word}'`;
}

/** Reads a pod's log. `ended`: it asked everything. Lines of others are passed over. */
export function readAnswers(log: string): { readonly answers: readonly Answered[]; readonly ended: boolean } {
	const answers: Answered[] = [];
	let ended = false;
	for (const text of log.split("\n")) {
		const [mark, id = "", state, ...words] = text.trim().split(" ");
		if (mark !== MARK) continue;
		if (id === "end") ended = true;
		else if (state === "ok" || state === "no")
			answers.push({ id, ok: state === "ok", reason: words.join(" ").slice(0, MOST_REASON) });
	}
	return { answers, ended };
}
