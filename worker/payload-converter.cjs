// @ts-check
/**
 * Temporal's default conversion, but reading never throws: a message whose payload can't be decoded reaches the
 * workflow as undefined and is refused there, where a throw would fail the workflow task again and again. CommonJS,
 * because the SDK loads it by path from both the worker and the workflow bundle.
 */
const { defaultPayloadConverter } = require('@temporalio/common');

/** @type {import('@temporalio/common').PayloadConverter} */
const payloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload(payload) {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch {
      return /** @type {any} */ (undefined);
    }
  },
};

module.exports = { payloadConverter };
