import { stringify } from "yaml";
import { CHECK_IMAGE, checkImage } from "../assets/check-image.ts";
import { writeImageArchive } from "../assets/image-archive.ts";
import { type AddCommand, printJson, type Session } from "../session.ts";
import { say, tell } from "../terminal.ts";

const AFTER = `
For a site without internet: makes an image of a static busybox (Debian's package busybox-static) and writes it as an archive, which machines
import like any other of \`images.archives\`. It asks no coordinator, and says what to do with it.

Examples:
  rollcall check image --out rollcall-check.tar
  rollcall check image --busybox ./busybox-arm64 --out rollcall-check-arm64.tar`;

interface Options {
	readonly out: string;
	readonly busybox: string;
}

/** `rollcall check image`. */
export const addCheckImage: AddCommand = (check, run) => {
	check
		.command("image")
		.description("make the image of a check's pods, for a site without internet")
		.requiredOption("--out <file>", "the archive")
		.option("--busybox <file>", "a static busybox", "/bin/busybox")
		.addHelpText("after", AFTER)
		.action((options: Options, command) => run(command, (session) => makeImage(session, options)));
};

async function makeImage(session: Session, { out, busybox }: Options): Promise<undefined> {
	const image = await checkImage(busybox);
	const { sizeBytes, sha256 } = await writeImageArchive(out, image);
	if (session.json) {
		printJson(session, { file: out, image: CHECK_IMAGE, architecture: image.architecture, sizeBytes, sha256 });
		return undefined;
	}
	tell(session.out, `${out}: ${CHECK_IMAGE} for ${image.architecture}, ${sizeBytes} bytes`);
	const arch = image.architecture === "amd64" ? "x64" : image.architecture;
	// Each architecture's is another asset; on machines all have the same name.
	const asset = `images/rollcall-check-${image.architecture}.tar`;
	const archives = [
		{
			name: "rollcall-check",
			sha256: `sha256:${sha256}`,
			sizeBytes,
			arch,
			urls: [`BOOT-LISTENER/assets/${asset}`],
		},
	];
	const part = stringify({ images: { archives, overrides: { check: CHECK_IMAGE } } }, { lineWidth: 0 }).trimEnd();
	say(
		session.err,
		`add it (\`rollcall assets add ${asset} ${out}\`), and put this into the cluster document, with the boot listener's address:\n${part}`,
	);
	return undefined;
}
