import { z } from "zod";

// zod looks at these when a schema is made, so this file is imported before all that makes one. It would make and compile source for every schema of an
// object, which is worth it for thousands of messages, not for an agent's few; and before a schema first reads it would walk through all schemas below it,
// to see whether a value may lie in itself: none that comes as JSON does.
z.config({ jitless: true, memoizer: { attach() {}, guard() {}, alloc: (_schema, _payload, empty) => empty } });
