// An MCP server of the TypeScript SDK v2 that speaks both eras, for tests of the client.
//   node mcp_modern_server.mjs [--only-modern] [--port PORT]     without a port: on standard input and output
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { acceptedContent, createMcpHandler, fromJsonSchema, inputRequired, inputResponse, McpServer, ResourceTemplate }
    from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

const legacy = process.argv.includes('--only-modern') ? 'reject' : undefined;
const port = process.argv.includes('--port') ? Number(process.argv[process.argv.indexOf('--port') + 1]) : 0;
const schema = (properties, required = Object.keys(properties)) =>
    fromJsonSchema({ type: 'object', properties, required });
const text = words => ({ content: [{ type: 'text', text: words }] });
let notify; // set below: over HTTP that of the handler, else the server's own

function build() {
    const server = new McpServer({ name: 'modern', version: '1.2.3' }, {
        capabilities: { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true }, prompts: {}, logging: {} },
        instructions: 'A server for tests.'
    });

    server.registerTool('add', {
        description: 'Adds.',
        inputSchema: schema({ a: { type: 'integer' }, b: { type: 'integer' } }),
        outputSchema: schema({ sum: { type: 'integer' } }),
        annotations: { readOnlyHint: true }
    }, async ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }));

    server.registerTool('mirror', {
        description: 'Has arguments in headers, which the SDK compares with the body.',
        inputSchema: schema({
            region: { type: 'string', 'x-mcp-header': 'Region' },
            count: { type: 'integer', 'x-mcp-header': 'Count' },
            rest: { type: 'string' }
        }, ['region'])
    }, async args => text(JSON.stringify(args)));

    server.registerTool('deploy', { description: 'Asks twice.', inputSchema: schema({ env: { type: 'string' } }) },
        async ({ env }, ctx) => {
            const asked = (field, key) => inputRequired({
                requestState: `state of ${key} "\u00e9\\`,
                inputRequests: {
                    [key]: inputRequired.elicit({
                        message: `${field} for ${env}?`,
                        requestedSchema: { type: 'object', properties: { [field]: { type: 'string' } }, required: [field] }
                    })
                }
            });
            if (!ctx.mcpReq.inputResponses)
                return asked('first', 'one');
            const one = acceptedContent(ctx.mcpReq.inputResponses, 'one');
            const two = acceptedContent(ctx.mcpReq.inputResponses, 'two');
            if (one)
                return asked('second', 'two');
            return text(two ? `deployed: ${JSON.stringify(two)}, ${ctx.mcpReq.requestState?.() ?? ''}` : 'declined');
        });

    server.registerTool('visit', { description: 'Sends somebody to a URL.', inputSchema: schema({}) },
        async (_, ctx) => ctx.mcpReq.inputResponses
            ? text(inputResponse(ctx.mcpReq.inputResponses, 'url').action)
            : inputRequired({ inputRequests: { url: inputRequired.elicitUrl({ message: 'Go there', url: 'https://example.com/x' }) } }));

    server.registerTool('think', { description: 'Uses model and roots of the client.', inputSchema: schema({}) },
        async (_, ctx) => ctx.mcpReq.inputResponses
            ? text(JSON.stringify(ctx.mcpReq.inputResponses))
            : inputRequired({
                inputRequests: {
                    model: inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 5 }),
                    roots: inputRequired.listRoots()
                }
            }));

    server.registerTool('slow', { description: 'Reports progress.', inputSchema: schema({ steps: { type: 'integer' } }) },
        async ({ steps }, ctx) => {
            ctx.mcpReq.signal.addEventListener('abort', () => console.error('slow was cancelled'));
            for (let i = 1; i <= steps && !ctx.mcpReq.signal.aborted; i++) {
                const progressToken = ctx.mcpReq._meta?.progressToken;
                await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: i, total: steps, message: `step ${i}` } });
                await ctx.mcpReq.log('warning', `step ${i}`);
                await new Promise(resolve => setTimeout(resolve, 50));
            }
            return text('slow is done');
        });

    server.registerTool('touch', { description: 'Changes a resource, and the list of tools.', inputSchema: schema({}) },
        async () => {
            notify ? notify.resourceUpdated('test://one') : await server.server.sendResourceUpdated({ uri: 'test://one' });
            notify ? notify.toolsChanged() : server.sendToolListChanged();
            return text('touched');
        });

    for (const name of ['one', 'two'])
        server.registerResource(name, `test://${name}`, { mimeType: 'text/plain' },
            async uri => ({ contents: [{ uri: uri.href, text: `this is ${name}` }] }));
    server.registerResource('any', new ResourceTemplate('test://any/{name}', { list: undefined }), {},
        async (uri, { name }) => ({ contents: [{ uri: uri.href, text: name }] }));
    server.registerPrompt('greet', { description: 'Greets.', argsSchema: schema({ name: { type: 'string' } }) },
        ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `hello ${name}` } }] }));
    return server;
}

if (port) {
    const handler = createMcpHandler(build, { legacy });
    notify = handler.notify;
    createServer(toNodeHandler(handler)).listen(port, '127.0.0.1', () => console.error('listening'));
} else {
    serveStdio(build, { legacy });
}
