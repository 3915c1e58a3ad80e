metadata description = 'The workbook that an operator opens first.'

@description('Required. Name that people see.')
param displayName string

@description('Required. Name of the Log Analytics workspace.')
param workspaceName string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

@description('What is shown, from top to bottom. Days: how far back a part looks unless it takes the time range of the page (0). Width: percent.')
var parts = [
  {
    title: 'Mailboxes by status and reason'
    query: loadTextContent('queries/mailboxes-by-status.kql')
    days: 31
    width: '50'
  }
  {
    title: 'Client secrets by days left'
    query: loadTextContent('queries/credentials-by-days-left.kql')
    days: 31
    width: '50'
  }
  {
    title: 'Checks per hour'
    query: loadTextContent('queries/checks-per-hour.kql')
    days: 0
    width: '50'
  }
  {
    title: 'Mailboxes due per run of the timer'
    query: loadTextContent('queries/due-per-run.kql')
    days: 0
    width: '50'
  }
  {
    title: 'Token refresh, seconds'
    query: loadTextContent('queries/refresh-latency.kql')
    days: 0
    width: '50'
  }
  {
    title: 'Whole check, seconds'
    query: loadTextContent('queries/check-duration.kql')
    days: 0
    width: '50'
  }
  {
    title: 'Messages per hour'
    query: loadTextContent('queries/messages-per-hour.kql')
    days: 0
    width: '50'
  }
  {
    title: 'One delivery, seconds'
    query: loadTextContent('queries/delivery-duration.kql')
    days: 0
    width: '50'
  }
  {
    title: 'Authorizations'
    query: loadTextContent('queries/authorizations.kql')
    days: 0
    width: '100'
  }
  {
    title: 'Latest failures'
    query: loadTextContent('queries/failures.kql')
    days: 0
    width: '100'
  }
]

@description('Picker of the time range.')
var timeRange = {
  type: 9
  name: 'parameters'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    parameters: [
      {
        id: guid(workspaceName, 'TimeRange')
        version: 'KqlParameterItem/1.0'
        name: 'TimeRange'
        label: 'Time range'
        type: 4
        isRequired: true
        value: {
          durationMs: 86400000
        }
        typeSettings: {
          selectableValues: [
            {
              durationMs: 14400000
            }
            {
              durationMs: 86400000
            }
            {
              durationMs: 604800000
            }
            {
              durationMs: 2592000000
            }
          ]
        }
      }
    ]
  }
}

@description('The queries as items of the workbook.')
var charts = map(parts, part => {
  type: 3
  name: part.title
  customWidth: part.width
  content: {
    version: 'KqlItem/1.0'
    title: part.title
    query: part.query
    queryType: 0
    resourceType: 'microsoft.operationalinsights/workspaces'
    size: 0
    timeContext: {
      durationMs: part.days * 86400000
    }
    timeContextFromParameter: part.days == 0 ? 'TimeRange' : null
  }
})

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'outgoing-mail')
  location: location
  tags: tagObject
  kind: 'shared'
  properties: {
    category: 'workbook'
    displayName: displayName
    sourceId: workspace.id
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat([timeRange], charts)
      fallbackResourceIds: [
        workspace.id
      ]
    })
  }
}

@description('Resource id of the workbook.')
output workbookId string = workbook.id
