// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how iPXE and shells write settings
import { parseBootQuery, readBootToken } from "@rollcall/coordinator/parsers";
import { BootRequest, canonicalJson } from "@rollcall/protocol";
import { bytesOf, holds, type Parser, refused, TAKEN, textOf } from "../parser.ts";

const QUERIES = [
	"mac=52-54-00-a1-9c-ae&uuid=4c4c4544-0000-2010-8020-80c04f202020&buildarch=x86_64&hostname=pc-7&serial=S-7&token=b1.x&menu=lab",
	"MAC=525400a19cae&arch=i386&asset=%24%7Bnet0%2Fmac%7D&domain=lab.example&format=.gz",
	"uuid=${uuid}&manufacturer=ACME%20%2B%00&mac=52:54:00:00:00:01&mac=52:54:00:00:00:02&",
];
const TOKEN = "b1.mjq2x.AAAAAAAAAAAAAAAAAAAAAA.525400a19cae.4c4c454400002010802080c04f202020.lab.debian.c2ln";

/** What firmware and iPXE say at the boot listener. */
export const BOOT_PARSERS: readonly Parser[] = [
	{
		name: "boot-query",
		seeds: () => QUERIES.map(bytesOf),
		feed(bytes) {
			const { request, token, menu } = parseBootQuery(new URLSearchParams(textOf(bytes)));
			const read = BootRequest.safeParse(request);
			holds(read.success, `its request is none: ${read.error?.message}`);
			const again = parseBootQuery(new URLSearchParams(Object.entries(request.labels)));
			holds(canonicalJson(again.request) === canonicalJson(request), "its labels, asked again, are another request");
			return token === undefined && menu === undefined && Object.keys(request.labels).length === 0
				? refused("nothing")
				: TAKEN;
		},
	},
	{
		name: "boot-token",
		seeds: () => [bytesOf(TOKEN)],
		feed(bytes) {
			const request = { labels: {}, mac: "52:54:00:a1:9c:ae" } as BootRequest;
			const read = readBootToken(textOf(bytes), { key: new Uint8Array(32), request, now: 1 });
			holds(!read.ok, "it believed a token that nobody signed");
			return refused(read.reason);
		},
	},
];
