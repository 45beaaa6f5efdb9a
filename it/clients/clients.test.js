// Real npm clients against a running server: BASE_URL and MODEL name it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

const baseURL = `${process.env.BASE_URL}/v1`;
const model = process.env.MODEL;
const openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: process.env.BASE_URL, apiKey: 'none', maxRetries: 0 });
const sdk = createOpenAICompatible({ name: 'tensafe', baseURL, includeUsage: true });
const messages = [{ role: 'user', content: 'Grüße 東京 🤗' }];

test('openai-node: chat, whole and streamed, is the same text', async () => {
  const whole = await openai.chat.completions.create({
    model, messages, max_completion_tokens: 40, seed: 5, logprobs: true, top_logprobs: 2,
  });
  assert.equal(whole.object, 'chat.completion');
  assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + whole.usage.completion_tokens);
  assert.equal(whole.choices[0].logprobs.content[0].top_logprobs.length, 2);
  const stream = await openai.chat.completions.create({
    model, messages, max_completion_tokens: 40, seed: 5, stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  // the second finds all of the prompt's full blocks of 16 tokens that come before its last token
  const cached = Math.floor((usage.prompt_tokens - 1) / 16) * 16;
  assert.deepEqual(usage, { ...whole.usage, prompt_tokens_details: { cached_tokens: cached } });
});

test('openai-node: completions, models, errors, abort', async () => {
  const answer = await openai.completions.create({ model, prompt: ['a', 'b'], max_tokens: 3, echo: true });
  assert.equal(answer.choices.length, 2);
  assert.ok(answer.choices[1].text.startsWith('b'));
  assert.equal((await openai.models.list()).data[0].id, model);
  await assert.rejects(
    openai.chat.completions.create({ model: 'other', messages }),
    (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found',
  );
  await assert.rejects(
    openai.chat.completions.create({ model, messages, temperature: 9 }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature',
  );
  const stream = await openai.chat.completions.create({
    model, messages, stream: true, max_tokens: 400, ignore_eos: true,
  });
  for await (const chunk of stream) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    break;
  }
  stream.controller.abort();
});

test('openai-node: responses, whole and streamed, are the same', async () => {
  const body = { model, input: 'Grüße 東京 🤗', max_output_tokens: 40, seed: 5 };
  const whole = await openai.responses.create(body);
  assert.equal(whole.object, 'response');
  assert.ok(whole.output_text.length > 0);
  const accumulated = openai.responses.stream(body);
  let text = '';
  let last;
  for await (const event of accumulated) {
    text += event.type === 'response.output_text.delta' ? event.delta : '';
    last = event;
  }
  assert.equal(text, whole.output_text);
  assert.equal(last.type, `response.${whole.status}`);
  assert.equal(last.response.usage.output_tokens, whole.usage.output_tokens);
  assert.equal((await accumulated.finalResponse()).output[0].content[0].text, text);
  await assert.rejects(
    openai.responses.create({ ...body, previous_response_id: 'resp_1' }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'previous_response_id',
  );
});

test('@anthropic-ai/sdk: messages, whole and streamed, are the same', async () => {
  const body = { model, messages, max_tokens: 40, seed: 5, system: 'Be brief.' };
  const whole = await anthropic.messages.create(body);
  assert.equal(whole.type, 'message');
  assert.ok(whole.content[0].text.length > 0);
  const stream = anthropic.messages.stream(body);
  let text = '';
  stream.on('text', (piece) => { text += piece; });
  const streamed = await stream.finalMessage();
  assert.equal(text, whole.content[0].text);
  assert.deepEqual(streamed.content, whole.content);
  assert.equal(streamed.stop_reason, whole.stop_reason);
  assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
  const { max_tokens: unused, seed, ...prompt } = body;
  const count = await anthropic.messages.countTokens(prompt);
  assert.equal(count.input_tokens, whole.usage.input_tokens + whole.usage.cache_read_input_tokens);
  const stopped = await anthropic.messages.create({ ...body, stop_sequences: [[...text][3]] });
  assert.equal(stopped.stop_reason, 'stop_sequence');
  assert.equal(stopped.stop_sequence, [...text][3]);
  await assert.rejects(
    anthropic.messages.create({ ...body, model: 'other' }),
    (error) => error instanceof Anthropic.NotFoundError && error.error.error.type === 'not_found_error',
  );
  await assert.rejects(
    anthropic.messages.create({ ...body, messages: [{ role: 'user', content: [{ type: 'image', source: {} }] }] }),
    (error) => error instanceof Anthropic.BadRequestError && /messages\[0\]\.content\[0\]\.type/.test(error.message),
  );
});

test('Vercel ai: generateText and streamText', async () => {
  const whole = await generateText({ model: sdk(model), messages, maxOutputTokens: 20, seed: 5, maxRetries: 0 });
  assert.equal(whole.usage.outputTokens, 20);
  assert.equal(whole.finishReason, 'length');
  const result = streamText({ model: sdk(model), messages, maxOutputTokens: 20, seed: 5, maxRetries: 0 });
  let text = '';
  for await (const piece of result.textStream) text += piece;
  assert.equal(text, whole.text);
  assert.equal((await result.usage).outputTokens, 20);
});

test('openai-node: an uploaded adapter is a model like any other', async () => {
  const form = new FormData();
  form.append('file', new Blob([await readFile(process.env.PACKAGE)]), 'tuned.tssp');
  const upload = await fetch(`${baseURL}/adapters`, { method: 'POST', body: form });
  assert.equal(upload.status, 201);
  const { adapter_digest: digest } = await upload.json();
  const listed = (await openai.models.list()).data;
  assert.deepEqual(listed.map((m) => m.id), [model, 'tuned']);
  assert.equal(listed[1].parent, model);
  for (const name of ['tuned', `${model}:tuned`]) {
    const answer = await openai.chat.completions.create({
      model: name, messages, max_completion_tokens: 8, temperature: 0,
    });
    assert.equal(answer.model, name);
    assert.equal(answer.tensafe.adapter_digest, digest);
    const stream = await openai.chat.completions.create({
      model: name, messages, max_completion_tokens: 8, temperature: 0, stream: true,
    });
    let last;
    for await (const chunk of stream) last = chunk;
    assert.equal(last.tensafe.adapter_digest, digest);
    assert.equal(last.tensafe.mode, 'plain');
  }
  const { text } = await generateText({ model: sdk('tuned'), prompt: 'x', maxOutputTokens: 4 });
  assert.equal(typeof text, 'string');
  const gone = await fetch(`${baseURL}/adapters/tuned`, { method: 'DELETE' });
  assert.deepEqual(await gone.json(), { id: 'tuned', object: 'adapter', deleted: true });
  await assert.rejects(
    openai.chat.completions.create({ model: 'tuned', messages }),
    (e) => e.status === 404 && e.code === 'model_not_found',
  );
});
