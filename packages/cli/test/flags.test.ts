import test from "ava";
import { coordinatorWith, runCli } from "./support/cli.ts";

/** A command line with one wrong value, the flag or argument that the refusal names, and what it says is right. */
const WRONG: [string, RegExp, RegExp][] = [
	["logs m-1 --unit kubelet", /--unit/, /did you mean kubelet\.service\?/],
	["logs m-1 --since x", /--since/, /like 10m/],
	["logs m-1 --lines 0", /--lines/, /from 1 to 1000/],
	["kubeconfig --expires 9999d", /--expires/, /from 1m to 365d/],
	["kubeconfig --user a=b", /--user/, /letters, digits/],
	["kubeconfig --user system:admin", /--user/, /none of system:/],
	["kubeconfig --api nonsense", /--api/, /https:\/\//],
	["label m-1 bad!key=1", /label bad!key=1/, /like rack or example\.org\/rack/],
	["label m-1 key=bad!", /label key=bad!/, /no label value/],
	["machines --label bad!key=1", /--label/, /no label key/],
	["machines --role A", /--role/, /a-z, 0-9 and -/],
	["token create --label bad!key=1", /--label/, /no label key/],
	["token create --expires 2d", /--expires/, /at most 1d/],
	["token create --scope viewer --mac 52:54:00:12:34:56", /--mac/, /--scope enroll/],
	["token create --scope admin --label a=b", /--label/, /--scope enroll/],
	["token revoke rct_x", /token-id/, /not the token itself/],
	["assets add a/b file --sha256 zz", /--sha256/, /64 hexadecimal digits/],
	["assets add a/b file --sha512 zz", /--sha512/, /128 hexadecimal digits/],
	["role m-1 A", /role 'A'/, /a-z, 0-9 and -/],
	["reboot m-1 --deadline 99d", /--deadline/, /from 10s to 2h/],
	["reset m-1 --deadline 1s", /--deadline/, /from 10s to 2h/],
	["show a/b", /machine 'a\/b'/, /node name/],

	["approve m-1 a!", /machine 'a!'/, /node name/],
	["events --type machine-enroled", /--type/, /did you mean machine-enrolled\?/],
	["events --type nonsense", /--type/, /log-started, .*, machine-booted/],
	["machines --phase redy", /--phase/, /one of waiting, .*, lost/],
	["status x", /too many arguments: x/, /status/],
	["plan", /--file <file> is missing/, /plan/],
	["ping", /the argument machine is missing/, /ping/],
	["logs m-1 --unit", /--unit needs a value: <unit>/, /logs/],
	["watch --machine a/b", /--machine/, /node name/],
];

test("a wrong value names its own flag, says what is right, and ends with 2 before the coordinator is asked", async (t) => {
	const { api, env } = await coordinatorWith(t, {});
	for (const [words, flag, right] of WRONG) {
		const { code, stdout, stderr } = await runCli(t, words.split(" "), env);
		t.is(code, 2, words);
		t.is(stdout, "");
		t.regex(stderr, flag);
		t.regex(stderr, right);
		t.regex(stderr, /\n {2}next: /, words);
		// commander's own sentences are none of ours.
		t.notRegex(stderr, /is invalid|not specified|Expected \d|body:|query:|path:|expiresInSeconds|commonName/);
	}
	const empty = await runCli(t, ["reject", "m-1", "--reason", ""], env);
	t.is(empty.code, 2);
	t.regex(empty.stderr, /--reason .* 1 to 1024 characters/);
	t.deepEqual(api.seen, []);
});

test("help of a command that is none names the nearest one and ends with 2", async (t) => {
	const wrong = await runCli(t, ["help", "machnes"]);
	t.is(wrong.code, 2);
	t.is(wrong.stdout, "");
	t.regex(wrong.stderr, /unknown command 'machnes' \(did you mean machines\?\)/);
	const below = await runCli(t, ["help", "token", "creat"]);
	t.is(below.code, 2);
	t.regex(below.stderr, /did you mean create\?/);
	const right = await runCli(t, ["help", "token", "create"]);
	t.is(right.code, 0);
	t.regex(right.stdout, /^Usage: rollcall token create/);
});
