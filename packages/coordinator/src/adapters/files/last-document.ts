import { join } from "node:path";
import { ClusterDocument, check } from "@rollcall/protocol";
import { IN_CLEAR, type SecretFiles } from "../../disk/secret-files.ts";
import { ConfigError } from "../../errors.ts";

/** The document that was declared last, kept beside the log: when the log is lost, the fleet is begun again with it. */
export interface LastDocument {
	/** Undefined when there is none, or none that can be read; `onDamaged` was told why then. */
	load(): Promise<ClusterDocument | undefined>;
	save(document: ClusterDocument): Promise<void>;
}

/** Keeps it in `cluster.json` of the data folder. */
export function createLastDocument(
	dataFolder: string,
	onDamaged: (reason: string) => void,
	files: SecretFiles = IN_CLEAR,
): LastDocument {
	const file = join(dataFolder, "cluster.json");
	return {
		load: async () => {
			try {
				const read = check(ClusterDocument, JSON.parse(await files.read(file)), file);
				if (read.ok) return read.value;
				onDamaged(`the last document is not used: ${read.problem.message}`);
			} catch (error) {
				// Without a document another fleet would be begun, and this one overwritten.
				if (error instanceof ConfigError) throw error;
				if ((error as NodeJS.ErrnoException).code !== "ENOENT")
					onDamaged(`the last document ${file} is not used: ${(error as Error).message}`);
			}
			return undefined;
		},
		save: (document) => files.write(file, `${JSON.stringify(document, undefined, "\t")}\n`),
	};
}
