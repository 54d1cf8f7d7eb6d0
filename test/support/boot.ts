import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** The least that counts as an agent's program for x64: an ELF header (elf(5)) and something behind it. */
export function writeAgentProgram(folder: string): { file: string; sha512: string } {
	const program = Buffer.concat([Buffer.from("7f454c46020101000000000000000000", "hex"), randomBytes(64)]);
	program.writeUInt16LE(2, 16);
	program.writeUInt16LE(62, 18);
	const file = join(folder, "agent-program");
	writeFileSync(file, program, { mode: 0o755 });
	return { file, sha512: createHash("sha512").update(program).digest("hex") };
}

/** A boot document with one profile for everybody, whose name is `profile`. */
export function bootDocument(profile: string): string {
	return `apiVersion: rollcall/v1
kind: Boot
profiles:
  - name: ${profile}
    kernel: /assets/lab/vmlinuz
    initrd: [/assets/lab/initrd]
    args: ["ignition.config.url={{ignition}}"]
    ignition: {}
groups: [{ name: default, profile: ${profile} }]
`;
}

/** The answer to a machine's request, as text. */
export async function ask(url: string): Promise<{ status: number; text: string }> {
	const response = await fetch(url, { headers: { "user-agent": "iPXE/1.21.1" } });
	return { status: response.status, text: await response.text() };
}

/** The URL of the Ignition configuration in an iPXE script. */
export function ignitionUrl(script: string): string {
	const [, url] = /ignition\.config\.url=(\S+)/.exec(script) ?? [];
	if (!url) throw new Error(`no Ignition URL in ${script}`);
	return url;
}

/** What an Ignition configuration brings: the contents of its files, by path. */
export async function ignitionFiles(text: string): Promise<Map<string, Buffer>> {
	const config = JSON.parse(text) as {
		storage: { files: { path: string; contents: { source: string; compression?: string } }[] };
	};
	const files = new Map<string, Buffer>();
	for (const { path, contents } of config.storage.files) {
		const body = Buffer.from(await (await fetch(contents.source)).arrayBuffer());
		files.set(path, contents.compression === "gzip" ? gunzipSync(body) : body);
	}
	return files;
}
