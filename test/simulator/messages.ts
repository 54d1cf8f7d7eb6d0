import type { BootId, Digest, Facts, Health, Labels, Mac, MachineId, SignedAssignment } from "@rollcall/protocol";

/** What an agent says, before the coordinator makes an input of it. */
export type Said =
	| { readonly kind: "token"; readonly labels: Labels; readonly mac: Mac | undefined }
	| {
			readonly kind: "enroll";
			readonly facts: Facts;
			readonly publicKey: string;
			readonly token: Digest | undefined;
			readonly proof: SignedAssignment | undefined;
	  }
	| {
			readonly kind: "hello";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly publicKey: string;
			readonly facts: Facts;
			readonly generation: number;
			readonly proof: SignedAssignment | undefined;
	  }
	| {
			readonly kind: "report";
			readonly machineId: MachineId;
			readonly bootId: BootId;
			readonly sequence: number;
			readonly generation: number;
			readonly health: Health;
			readonly state: "applying" | "applied" | "rejected" | undefined;
	  };

export interface Beat {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly generation: number;
	readonly health: Digest;
}

/** What an agent gets back. */
export type Reply =
	| { readonly kind: "ok" }
	| { readonly kind: "token"; readonly hash: Digest }
	| { readonly kind: "enrolled"; readonly machineId: MachineId }
	| { readonly kind: "target"; readonly generation: number; readonly digest: Digest; readonly proof: SignedAssignment }
	| { readonly kind: "wait" }
	| { readonly kind: "fenced" }
	| { readonly kind: "problem"; readonly code: string };
