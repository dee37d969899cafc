"""What AWS's errors mean: each says what it is, and none of them that a job does not exist."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    PaginationError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from rewards.aws import FROM_A_PROXY, code_of, failures, refusal
from rewards.errors import UnreachableError

ABSENT = "no training job 'mine' in us-east-1"


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTrainingJob")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (client_error("ExpiredTokenException", "The security token included in the request is expired"), "expired"),
        (client_error("ExpiredToken", "expired"), "sign in again"),
        (client_error("UnrecognizedClientException", "The security token is invalid"), "does not know these"),
        (client_error("InvalidSignatureException", "clock"), "does not know these"),
        (client_error("InvalidClientTokenId", "The security token included in the request is invalid."), "not enabled"),
        (client_error("OptInRequired", "You are not subscribed to this service."), "has not opted into this region"),
        (client_error("RegionDisabledException", "STS is not activated in this region"), "has not opted into"),
        (client_error("SubscriptionRequiredException", "needs a subscription for the service"), "not signed up"),
        (client_error("InvalidAccessKeyId", "The key Id you provided does not exist in our records."), "know these"),
        (client_error("ResourceLimitExceeded", "The account-level service limit is 0 Instances"), "Service Quotas"),
        (client_error("ServiceQuotaExceededException", "custom models: 0 left"), "Service Quotas"),
        (client_error("CodeStorageExceededException", "75 GB"), "a quota of the account is used up"),
        (client_error("RequestLimitExceeded", "Request limit exceeded"), "try again in a minute"),
        (client_error("PermanentRedirect", "The bucket must be addressed by another endpoint"), "another region"),
        (client_error("AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong"), "another region"),
        (client_error("AccessDeniedException", "You don't have access to the model with that ID."), "Model access"),
        (PaginationError(message="The same next token was received twice"), "did not end"),
        (ReadTimeoutError(endpoint_url="https://api.sagemaker"), "no answer: see the network"),
        (ConnectionClosedError(endpoint_url="https://api.sagemaker"), "no answer: see the network"),
        (IncompleteReadError(actual_bytes=5, expected_bytes=9), "broke off"),
        (ResponseStreamingError(error="reset by peer"), "broke off"),
        (MetadataRetrievalError(error_msg="no role"), "AWS does not know you"),
        (client_error("AccessDeniedException", "not authorized"), "you may not call DescribeTrainingJob"),
        (client_error("ThrottlingException", "Rate exceeded"), "try again in a minute"),
        (client_error("ServiceUnavailableException", "busy"), "AWS's side failed"),
        (client_error("InternalFailure", ""), "AWS's side failed"),
        (client_error("503", "<html>Sign in to the guest network</html>"), "no answer of AWS's"),
        (client_error("407", "Proxy Authentication Required"), "no answer of AWS's, but a page"),
        (ResponseParserError("Unable to parse response (not well-formed), invalid XML"), "no answer of AWS's"),
        (EndpointConnectionError(endpoint_url="https://api.sagemaker"), "Could not connect"),
        (NoCredentialsError(), "does not know you"),
    ],
    ids=lambda value: code_of(value) or type(value).__name__ if isinstance(value, Exception) else value,
)
def test_each_failure_says_what_it_is_and_not_that_there_is_no_job(error: Exception, words: str):
    said = refusal(error, absent=ABSENT)
    assert said is not None
    assert words in said
    assert "no training job" not in said
    assert "\n" not in said


def head(status: str, *, request_id: str) -> ClientError:
    metadata = {"HTTPStatusCode": int(status), "HTTPHeaders": {"x-amz-request-id": request_id} if request_id else {}}
    return ClientError({"Error": {"Code": status, "Message": "Forbidden"}, "ResponseMetadata": metadata}, "HeadBucket")


def test_a_bare_status_is_aws_s_only_with_the_number_of_the_request():
    assert refusal(head("403", request_id="1")) == "you may not call HeadBucket: ask for permission (403: Forbidden)"
    assert refusal(head("403", request_id="")) == f"{FROM_A_PROXY} (HTTP 403)"


def test_a_page_is_said_to_be_one_and_anything_else_is_left_alone():
    assert refusal(UnreachableError("a page")) == "a page"
    assert refusal(KeyError("x")) is None
    assert UnreachableError in failures()
    assert not issubclass(KeyError, failures())
