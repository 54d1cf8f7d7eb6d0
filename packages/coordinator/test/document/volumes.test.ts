import { posix } from "node:path";
import fc from "@rollcall/test-support/properties";
import test from "ava";
import { parseDocument } from "../../src/document/parse-document.ts";
import { changed, type Refusal, testRefusals } from "./refusal.ts";

const nfs = (fields: string): string => changed("volumes: {}", `volumes: { nfs: { ${fields} } }`);
const server = (address: string) => nfs(`server: "${address}", path: /export`);
const path = (text: string) => nfs(`server: 192.168.1.2, path: ${JSON.stringify(text)}`);
const option = (text: string) =>
	nfs(`server: 192.168.1.2, path: /export, mountOptions: [hard, ${JSON.stringify(text)}]`);
const refusals = (
	what: string,
	make: (text: string) => string,
	at: string,
	cases: readonly (readonly [text: string, message: RegExp, suggestion: RegExp])[],
): Refusal[] =>
	cases.map(([text, message, suggestion]) => [`${what} ${JSON.stringify(text)}`, make(text), at, message, suggestion]);

testRefusals([
	...refusals("the file server", server, "volumes.nfs.server", [
		["0.0.0.0", /nobody can connect/, /the file server's address/],
		["::", /nobody can connect/, /the file server's address/],
		["127.0.0.1", /would reach itself/, /all machines reach/],
		["::1", /would reach itself/, /all machines reach/],
		["localhost", /would reach itself/, /as nodes reach it/],
		["10.254.1.1", /lies inside networks\.pods/, /another networks\.pods/],
		["192.168.1", /neither a name nor an address/, /./],
		["192.168.1.2:/export", /a host is a name or an address/, /^$/],
		["a,b", /a host is a name or an address/, /^$/],
	]),
	...refusals("the exported folder", path, "volumes.nfs.path", [
		["export", /a path is absolute/, /^$/],
		["/export/", /not written plainly/, /^\/export$/],
		["/a//b/./c", /not written plainly/, /^\/a\/b\/c$/],
		["/export/../etc", /leads out of the folder/, /without \.\./],
		["/export#other", /a path is absolute and has/, /^$/],
		["/export other", /a path is absolute and has/, /^$/],
		["/export\nother", /a path is absolute and has/, /^$/],
	]),
	...refusals("the mount option", option, "volumes.nfs.mountOptions[1]", [
		["hard,nfsvers=3", /a mount option is a word/, /^$/],
		["nfsvers=3", /only NFS 4 works without daemons/, /nfsvers=4\.1/],
		["vers=2", /only NFS 4 works without daemons/, /nfsvers=4\.1/],
		["v3", /needs what the nodes do not have/, /leave it out/],
		["sec=krb5p", /needs what the nodes do not have/, /leave it out/],
		["-o", /a mount option is a word/, /^$/],
	]),
]);

test("a cluster with workers in which nothing makes volumes is accepted with a warning, unless that is meant", (t) => {
	const warnings = (text: string) => {
		const parsed = parseDocument(text);
		return parsed.ok ? parsed.warnings.filter((one) => one.startsWith("volumes")) : [JSON.stringify(parsed.problem)];
	};
	t.regex(
		warnings(changed("volumes: {}", ""))[0] ?? "",
		/a PersistentVolumeClaim waits for ever; declare volumes\.nfs/,
	);
	t.deepEqual(warnings(changed("volumes: {}", "volumes: {}")), []);
	t.deepEqual(warnings(server("files.lab.example")), []);
	const onlyEtcd = changed("role: worker", "role: control-plane").replace("volumes: {}", "");
	t.deepEqual(warnings(onlyEtcd), []);
});

test("whatever folder is accepted is absolute and the only way to write it", (t) => {
	const part = fc.constantFrom("/", "//", ".", "..", "a", "b_c", "@", "+1", " ", "#", "é", "\n", ",");
	fc.assert(
		fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
			const text = parts.join("");
			const parsed = parseDocument(path(text));
			if (!parsed.ok) return true;
			const plain = /^\/[A-Za-z0-9_@+./-]*$/.test(text) && posix.normalize(text) === text;
			return plain && (text === "/" || !text.endsWith("/"));
		}),
		{ numRuns: 500 },
	);
	t.pass();
});
