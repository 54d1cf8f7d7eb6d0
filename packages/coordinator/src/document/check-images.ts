import type { Images } from "@rollcall/protocol";
import type { Check, DocumentPath, Finding } from "./finding.ts";

// The grammar of image references (distribution/reference), as containerd reads them.
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-f:]+\\])(?::\\d{1,5})?`;
const PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const IMAGE = new RegExp(`^(?:${HOST}/)?${PART}(?:/${PART})*(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`);
const REPOSITORY = new RegExp(`^${HOST}(?:/${PART})*$`);

/** Images are named as containerd takes them: without a scheme, and a repository without a tag. No machine gets two archives of one name. */
export const checkImages: Check = ({ images }) => ({
	findings: [
		...fault(["images", "repository"], images.repository, REPOSITORY),
		...Object.entries(images.overrides).flatMap(([name, text]) => fault(["images", "overrides", name], text, IMAGE)),
		...sameNames(images.archives),
	],
});

/** On a machine an archive's name is that of its file and unit. */
function sameNames(archives: Images["archives"]): Finding[] {
	return archives.flatMap((one, index) =>
		archives.slice(0, index).some((other) => other.name === one.name && meet(one, other))
			? [
					{
						path: ["images", "archives", index, "name"],
						message: `another archive is named ${one.name}, and some machines would get both`,
						suggestion: "another name for the archive",
					},
				]
			: [],
	);
}

type Archive = Images["archives"][number];

/** True where a machine may get both. */
function meet(one: Archive, other: Archive): boolean {
	if (one.arch !== undefined && other.arch !== undefined && one.arch !== other.arch) return false;
	return one.roles === undefined || other.roles === undefined || one.roles.some((role) => other.roles?.includes(role));
}

function fault(path: DocumentPath, text: string | undefined, grammar: RegExp): Finding[] {
	if (text === undefined || grammar.test(text)) return [];
	const bare = text.replace(/^[a-z]+:\/\/+/, "");
	const like =
		grammar === IMAGE ? "a name like docker.io/library/busybox:1.37" : "a host and a path, like registry.k8s.io";
	const suggestion = bare !== text && grammar.test(bare) ? `write ${bare}` : like;
	return [
		{
			path,
			message: `${text} is no name that containerd takes for ${grammar === IMAGE ? "an image" : "a place of images"}`,
			suggestion,
		},
	];
}
