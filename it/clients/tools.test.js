// Calls of tools and structured output with real npm clients, against a model with random weights: BASE_URL and
// MODEL name it. Each loop has two rounds: the model calls a tool, is told the result, and answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool as langChainTool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { generateObject, generateText, Output, stepCountIs, streamObject, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const baseURL = `${process.env.BASE_URL}/v1`;
const model = process.env.MODEL;
const openai = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 });
const sdk = createOpenAICompatible({
  name: 'tensafe', baseURL, includeUsage: true, supportsStructuredOutputs: true,
});
const question = 'Wie ist das Wetter in 東京?';
const description = 'The weather of a city';
const city = z.object({ city: z.enum(['Rom', 'Oslo', '東京']), days: z.int().min(1).max(7) });
const report = z.object({
  city: z.enum(['Rom', 'Oslo', '東京']),
  sky: z.union([z.literal('clear'), z.literal('größer bewölkt')]),
  hours: z.array(z.int().min(0).max(23)).max(3),
  wind: z.object({ from: z.enum(['N', 'S']), strong: z.boolean() }),
});
const weather = ({ city: where, days }) => `${days} dry days in ${where}`;

function reported(value) {
  assert.deepEqual(report.parse(value), value);
}

for (const streamed of [false, true]) {
  const how = streamed ? 'streamed' : 'whole';

  test(`openai-node: a loop with a tool, ${how}`, async () => {
    const messages = [{ role: 'user', content: question }];
    const body = {
      model, messages, seed: 3, tools: [zodFunction({ name: 'weather', description, parameters: city })],
    };
    const ask = async (more) => {
      const completion = streamed
        ? await openai.chat.completions.stream({ ...body, ...more }).finalChatCompletion()
        : await openai.chat.completions.parse({ ...body, ...more });
      return completion.choices[0];
    };
    const first = await ask({ tool_choice: 'required' });
    assert.equal(first.finish_reason, 'tool_calls');
    assert.ok(!first.message.content);
    messages.push(first.message);
    for (const call of first.message.tool_calls) {
      assert.match(call.id, /^call_/);
      assert.equal(call.function.name, 'weather');
      const said = call.function.parsed_arguments;
      assert.deepEqual(said, city.parse(JSON.parse(call.function.arguments)));
      messages.push({ role: 'tool', tool_call_id: call.id, content: weather(said) });
    }
    const last = await ask({ tool_choice: 'none', response_format: zodResponseFormat(report, 'report') });
    assert.equal(last.finish_reason, 'stop');
    reported(last.message.parsed);
    assert.ok(!last.message.tool_calls?.length);
  });

  test(`openai-node: structured output, ${how}`, async () => {
    const body = {
      model, messages: [{ role: 'user', content: question }], response_format: zodResponseFormat(report, 'report'),
    };
    const completion = streamed
      ? await openai.chat.completions.stream(body).finalChatCompletion()
      : await openai.chat.completions.parse(body);
    assert.equal(completion.choices[0].finish_reason, 'stop');
    reported(completion.choices[0].message.parsed);
  });

  test(`Vercel ai: a loop with a tool, ${how}`, async () => {
    const called = [];
    const settings = {
      model: sdk(model), prompt: question, seed: 5, maxRetries: 0, maxOutputTokens: 900,
      tools: {
        weather: tool({
          description, inputSchema: city, execute: (said) => { called.push(said); return weather(said); },
        }),
      },
      stopWhen: stepCountIs(2),
      prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    };
    const result = streamed ? streamText(settings) : await generateText(settings);
    if (streamed) await result.consumeStream();
    const steps = await result.steps;
    assert.equal(steps.length, 2);
    assert.equal(steps[0].finishReason, 'tool-calls');
    assert.ok(called.length > 0);
    assert.deepEqual(steps[0].toolCalls.map((c) => c.input), called);
    assert.deepEqual(steps[0].toolResults.map((r) => r.output), called.map(weather));
    assert.equal(steps[1].toolCalls.length, 0);
    assert.ok((await result.text).length > 0);
    const sent = [await steps[1].request].map(({ body }) => (typeof body === 'string' ? JSON.parse(body) : body))[0];
    assert.deepEqual(
      sent.messages.filter((m) => m.role === 'tool').map((m) => m.content), called.map(weather),
    );
  });

  test(`Vercel ai: structured output, ${how}`, async () => {
    const settings = { model: sdk(model), prompt: question, schema: report, maxRetries: 0 };
    const result = streamed ? streamObject(settings) : await generateObject(settings);
    if (streamed) for await (const part of result.partialObjectStream) assert.equal(typeof part, 'object');
    reported(await result.object);
    const other = { model: sdk(model), prompt: question, output: Output.object({ schema: report }), maxRetries: 0 };
    const text = streamed ? streamText(other) : await generateText(other);
    if (streamed) await text.consumeStream();
    reported(await text.output);
  });

  test(`@langchain/openai: a loop with a tool, ${how}`, async () => {
    const chat = new ChatOpenAI({ model, apiKey: 'none', configuration: { baseURL }, maxRetries: 0, maxTokens: 400 });
    const found = langChainTool(weather, { name: 'weather', description, schema: city });
    const ask = async (messages, toolChoice) => {
      const bound = chat.bindTools([found], { tool_choice: toolChoice });
      if (!streamed) return bound.invoke(messages);
      let all;
      for await (const chunk of await bound.stream(messages)) all = all ? all.concat(chunk) : chunk;
      return all;
    };
    const messages = [new HumanMessage(question)];
    const first = await ask(messages, 'required');
    assert.ok(first.tool_calls.length > 0);
    assert.equal(first.response_metadata.finish_reason, 'tool_calls');
    messages.push(first);
    for (const call of first.tool_calls) {
      const result = await found.invoke(call);
      assert.ok(result instanceof ToolMessage);
      assert.equal(result.content, weather(city.parse(call.args)));
      messages.push(result);
    }
    const last = await ask(messages, 'none');
    assert.equal(last.tool_calls.length, 0);
    assert.ok(last.content.length > 0);
    assert.ok(last.usage_metadata.input_tokens > 0);
  });

  for (const method of ['jsonSchema', 'functionCalling', 'jsonMode']) {
    test(`@langchain/openai: structured output by ${method}, ${how}`, async () => {
      // any object may go on for ever: its ends are made likely
      const modelKwargs = method === 'jsonMode' ? { logit_bias: { 34: 8, 93: 12, 125: 12 } } : {};
      const chat = new ChatOpenAI({
        model, apiKey: 'none', configuration: { baseURL }, maxRetries: 0, maxTokens: 900, modelKwargs,
      });
      const wanted = method === 'jsonMode' ? z.looseObject({}) : report;
      const structured = chat.withStructuredOutput(wanted, { name: 'report', method });
      let value;
      if (streamed) for await (const part of await structured.stream(question)) value = part;
      else value = await structured.invoke(question);
      if (method === 'jsonMode') assert.equal(typeof value, 'object');
      else reported(value);
    });
  }
}
